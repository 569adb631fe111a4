"""Resolves paths in the configuration, and finds the folder for files that outlive a process."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, TypeAlias

from msgspec import Meta

PATH = "path"
CREDENTIAL = "credential"

FilePath: TypeAlias = Annotated[str, Meta(extra_json_schema={"format": PATH})]
"""A path; a relative one is relative to the folder of the configuration file."""

CredentialPath: TypeAlias = Annotated[str, Meta(extra_json_schema={"format": CREDENTIAL})]
"""A path to a secret; a bare name (no slash) is a systemd credential."""


LONGEST_NAME = 255
LONGEST_PATH = 4095
"""Most bytes of a name in a path, and of a path (NAME_MAX and PATH_MAX of Linux)."""


LONGEST_SOCKET = 107
"""Most bytes of a socket's path on Linux, see unix(7)."""


def problem(path: str) -> str:
    """Return why no file can have this path, with the cure; empty if one can."""
    if not path:
        return "is empty: name a file or folder, or leave the key out"
    if "\0" in path:
        return "has a zero byte, which no path has; remove it"
    # As the system counts them; a name of another encoding is escaped in the text.
    encoded = os.fsencode(path)
    if any(len(name) > LONGEST_NAME for name in encoded.split(b"/")):
        return f"has a name of more than {LONGEST_NAME} bytes; give a shorter one"
    if len(encoded) > LONGEST_PATH:
        return f"is longer than {LONGEST_PATH} bytes; give a shorter one"
    return ""


def resolve(form: str, folder: Path, text: str) -> str:
    """Return the path for *text* in a field of the format *form*, in a file in *folder*.

    A credential without a slash is in ``$CREDENTIALS_DIRECTORY``. Outside a unit it is in *folder*
    if there is such a file; otherwise it is returned as it is, because only systemd knows the path.
    """
    if form == CREDENTIAL and "/" not in text:
        directory = os.environ.get("CREDENTIALS_DIRECTORY")
        if directory is not None:
            return str(Path(directory) / text)
        # Unlike Path.exists it raises nothing, whatever the text is.
        found = os.path.exists(folder / text)  # noqa: PTH110
        return str(folder / text) if found else text
    return str(folder / text)


def runtime_folder(environ: Mapping[str, str] = os.environ) -> Path | None:
    """Return the folder for files that end with the process; None without one.

    It is that of the unit, or of the process under ``edgenode run``.
    """
    # systemd separates several folders by a colon.
    folder = environ.get("RUNTIME_DIRECTORY", "").partition(":")[0]
    return Path(folder) if folder else None


def state_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder for files that outlive a process: that of the unit, or of the user.

    To be called once, when a command starts.
    """
    if directory := environ.get("STATE_DIRECTORY"):
        return Path(directory.partition(":")[0])
    state = environ.get("XDG_STATE_HOME", "")
    # The XDG rules tell programs to ignore a relative path.
    root = Path(state) if state.startswith("/") else Path.home() / ".local" / "state"
    return root / "edgenode"
