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


def resolve(form: str, folder: Path, text: str) -> str:
    """Return the path for *text* in a field of the format *form*, in a file in *folder*.

    A credential without a slash is in ``$CREDENTIALS_DIRECTORY``. Outside a unit it is in *folder*
    if there is such a file; otherwise it is returned as it is, because only systemd knows the path.
    """
    if form == CREDENTIAL and "/" not in text:
        directory = os.environ.get("CREDENTIALS_DIRECTORY")
        if directory is not None:
            return str(Path(directory) / text)
        return str(folder / text) if (folder / text).exists() else text
    return str(folder / text)


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
