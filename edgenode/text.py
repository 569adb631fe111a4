"""Text that others have chosen, on one line that moves no cursor."""


def printable(text: str) -> str:
    """Return *text* with escapes, as in Python, for what is no printable character.

    Whoever may publish, or writes a model's labels, could forge a line of a log or of a terminal
    with a line end, or hide one with an escape sequence.
    """
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)
