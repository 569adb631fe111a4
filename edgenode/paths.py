"""How a path in the configuration becomes a path on the disk."""

import os
from pathlib import Path
from typing import Self


class FilePath(str):
    """A path in the configuration: a field of this type is resolved beside the file.

    It is a plain string everywhere else; options of a plugin or source may have such fields too.
    A default other than None is made by ``msgspec.field(default_factory=...)``: msgspec's schema
    cannot print one of a type that is not its own.
    """

    __slots__ = ()

    @classmethod
    def beside(cls, folder: Path, text: str) -> Self:
        """Return *text* as it stands if absolute, else under *folder*."""
        return cls(folder / text)


class CredentialPath(FilePath):
    """A path to a secret: a bare name (no slash) is a systemd credential."""

    __slots__ = ()

    @classmethod
    def beside(cls, folder: Path, text: str) -> Self:
        """Return where the secret is.

        A bare name is under ``$CREDENTIALS_DIRECTORY``. Outside a unit it is beside the file if it
        is there, and else stays bare: only systemd knows where it will be.
        """
        if "/" in text:
            return cls(folder / text)
        directory = os.environ.get("CREDENTIALS_DIRECTORY")
        if directory is not None:
            return cls(Path(directory) / text)
        return cls(folder / text) if (folder / text).exists() else cls(text)
