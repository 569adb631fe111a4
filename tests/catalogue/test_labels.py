"""Label files as people have them; what each says was worked out by hand."""

import pytest

from edgenode.catalogue.labels import listed, read
from edgenode.errors import ModelError

CATS = ("cat", "dog", "café")


@pytest.mark.parametrize(
    "content",
    [
        "cat\ndog\ncafé\n",
        "cat\r\ndog\r\ncafé\r\n",
        "cat\rdog\rcafé",
        "cat  \n\tdog\ncafé \n\n \n",
        "0 cat\n1 dog\n2 café",
        "0: cat\n1: dog\n2: café",
        "0  cat\n1\tdog\n2, café",
        "2 café\n0 cat\n1 dog\n",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_lines_with_and_without_ids_say_the_same_in_every_encoding(
    content: str, encoding: str
) -> None:
    assert read(content.encode(encoding), "labels.txt") == CATS


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-be"])
def test_a_byte_order_mark_tells_the_order_of_the_bytes(encoding: str) -> None:
    assert read("\ufeffcat\ndog".encode(encoding), "labels.txt") == ("cat", "dog")


def test_a_class_id_without_a_line_is_named_by_its_number() -> None:
    assert read(b"0  zero\n2  two\n5  five\n", "labels.txt") == (
        *("zero", "class-1", "two"),
        *("class-3", "class-4", "five"),
    )


def test_placeholders_and_labels_of_digits_are_labels_like_others() -> None:
    assert read(b"???\nperson\nn/a\n", "labels.txt") == ("???", "person", "n/a")
    assert read(b"0\n1\n2\n", "labels.txt") == ("0", "1", "2")
    assert read(b"[unknown]\n", "labels.txt") == ("[unknown]",)


def test_numbers_that_belong_to_the_names_stay_there() -> None:
    assert read(b"5 euro\n10 euro\n20 euro\n", "labels.txt") == ("5 euro", "10 euro", "20 euro")
    assert read(b"0 1 cent\n1 2 cent\n2 1 euro\n", "labels.txt") == ("1 cent", "2 cent", "1 euro")
    assert read(b"7 up\ncola\nwater\n", "labels.txt") == ("7 up", "cola", "water")


def test_a_label_ends_where_the_manifest_says() -> None:
    assert read(b"0 tench, Tinca tinca\n1 goldfish\n", "labels.txt", ",") == ("tench", "goldfish")
    assert listed(["tench, Tinca tinca"], "model.toml", ",") == ("tench",)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "has no labels; write one per line"),
        (b"\n\n", "has no labels"),
        (b"cat\n\ndog\n", r"line 2 is empty; write the name of that class, or \?\?\? if"),
        (b"\ncat\n", "line 1 is empty"),
        (b"cat\n,dog\n", "line 2 is empty"),
        (b"cat\n" + b"d" * 65, r"line 2, 'd{40}'\.\.\.: 65 characters, a label has at most 64"),
        (b"cat\x1b[2J\n", r"line 1, 'cat\\x1b\[2J': '\\x1b' is a control character; remove it"),
        (b"cat\tfelis\n", r"'\\t' is a control character"),
        ("c\u202etac\n".encode(), r"'\\u202e' is a control character"),
        ("cat\u2028dog\n".encode(), r"'\\u2028' is a control character"),
        (b"cat\nb\xe9te\n", r"line 2 is no UTF-8; save the file as UTF-8, and give its new sha256"),
        (b"\xff\xfec\x00a", "line 1 is no UTF-16-LE; save the file as UTF-8"),
        ("cat\ndog".encode("utf-16-le"), "zero bytes, so it is no text, or UTF-16 without a byte"),
        (b'["cat", "dog"]', "is JSON; write one label per line, in the order of the class ids"),
        (b'{\n "0": "cat"}', "is JSON"),
        (b"item {\n id: 1\n name: 'cat'\n}\n", r"is a label map of TensorFlow \(pbtxt\)"),
        (b"# ours\nitem: {\n  id: 1\n", "pbtxt"),
        (b"names:\n  0: cat\n  1: dog\n", "is YAML"),
        (b"- cat\n- dog\n", "is YAML"),
        (b"id,name\n0,cat\n1,dog\n", "line 1, 'id,name', has no class id, line 2 has: give every"),
        (b"???\n1 cat\n2 dog\n", r"line 1, '\?\?\?', has no class id, line 2 has"),
        (b"0 cat\n1 dog\n0 owl\n", "line 3 has class id 0 again, after line 1; if the numbers"),
        (b"0 cat\n4096 dog\n", "line 2 has class id 4096; a node publishes those below 4096"),
        (b"cat\n" * 4097, "4097 labels; a node publishes at most 4096"),
    ],
)
def test_a_file_that_is_something_else_is_refused_with_its_line_and_a_cure(
    content: bytes, fault: str
) -> None:
    until = "," if b"\n,dog" in content else ""

    with pytest.raises(ModelError, match=rf"^labels\.txt: .*(?:{fault})") as raised:
        read(content, "labels.txt", until)

    assert str(raised.value).isprintable()


@pytest.mark.parametrize(
    ("label", "fault"),
    [("x" * 65, "65 characters"), ("", "is empty"), ("a\nb", "is a control character")],
)
def test_labels_in_a_manifest_are_checked_by_the_same_rules(label: str, fault: str) -> None:
    with pytest.raises(ModelError, match=rf"^model\.toml: labels\[1\].*{fault}"):
        listed(["cat", label], "model.toml")


def test_the_longest_labels_and_most_labels_that_can_be_published_are_read() -> None:
    content = b"\n".join(b"%064d" % n for n in range(4096))

    assert len(read(content, "labels.txt")) == 4096
