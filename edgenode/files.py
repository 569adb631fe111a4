"""Writes a file as a whole."""

from pathlib import Path


def replace(file: Path, data: bytes) -> None:
    """Write *data* to *file*: at any moment it has the old content or the new one.

    Raise ``OSError``.
    """
    part = file.with_suffix(".part")
    part.write_bytes(data)
    part.replace(file)
