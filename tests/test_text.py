import pytest

from edgenode.text import forbidden, printable


@pytest.mark.parametrize("plain", ["", "person", "caf\u00e9 \u4e2d", "a\u200db", "\U0001f600"])
def test_letters_of_all_scripts_stay_as_they_are(plain: str) -> None:
    assert (forbidden(plain), printable(plain)) == ("", plain)


@pytest.mark.parametrize(
    ("text", "first", "shown"),
    [
        ("a\nb", "\n", r"a\nb"),
        ("\x1b[31m", "\x1b", r"\x1b[31m"),
        ("a\x9b2Jb\0", "\x9b", r"a\x9b2Jb\x00"),
        ("ab\u202ecd", "\u202e", r"ab\u202ecd"),
        ("a\u2028b", "\u2028", r"a\u2028b"),
        ("a\udc80b", "\udc80", r"a\udc80b"),
    ],
)
def test_what_would_end_the_line_or_move_the_cursor_is_shown_as_an_escape(
    text: str, first: str, shown: str
) -> None:
    assert (forbidden(text), printable(text)) == (first, shown)
