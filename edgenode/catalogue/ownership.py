"""Refuses a folder in which another user could put symbolic links in the way of what is written."""

import grp
import os
import pwd
import stat
from pathlib import Path

from edgenode.errors import ModelError


def own(folder: Path, cure: str) -> Path:
    """Return *folder* without symbolic links; it need not exist yet.

    Raise ``ModelError``, ending in *cure*, if it or a folder above it can be changed by a user who
    is neither this one nor root: he could have this process write wherever he wants.
    """
    found = Path(os.path.realpath(folder))
    trusted = {0, os.geteuid(), Path("/").stat().st_uid}
    for each in (found, *found.parents):
        try:
            about = each.lstat()
        except FileNotFoundError:
            continue
        if about.st_uid not in trusted:
            raise ModelError(
                f"{str(folder)!r} is not safe to write: {str(each)!r} belongs to"
                f" {_user(about.st_uid)}, who could have other files overwritten; {cure}"
            )
        if changed_by := _others(about):
            raise ModelError(
                f"{str(folder)!r} is not safe to write: {str(each)!r} can be changed by"
                f" {changed_by}; `chmod go-w` it, or {cure}"
            )
    return found


def refuse_strange(*paths: Path) -> None:
    """Raise ``ModelError`` if one of *paths* is there and is no regular file."""
    for path in paths:
        if os.path.lexists(path) and not stat.S_ISREG(path.lstat().st_mode):
            what = "a symbolic link" if path.is_symlink() else "no regular file"
            raise ModelError(f"{path}: is {what} where a file is to be written; remove it")


def _others(about: os.stat_result) -> str:
    """Return who may put files in place of others' in this folder; empty if nobody may."""
    # In a sticky folder, such as /tmp, only the owner of a file may.
    if about.st_mode & stat.S_ISVTX or not stat.S_ISDIR(about.st_mode):
        return ""
    if about.st_mode & stat.S_IWOTH:
        return "anyone"
    # The group of many users is their own alone.
    if about.st_mode & stat.S_IWGRP and about.st_gid not in {0, os.getegid()}:
        return f"the group {_group(about.st_gid)}"
    return ""


def _user(number: int) -> str:
    try:
        return f"user {pwd.getpwuid(number).pw_name!r}"
    except KeyError:
        return f"user {number}"


def _group(number: int) -> str:
    try:
        return repr(grp.getgrgid(number).gr_name)
    except KeyError:
        return str(number)
