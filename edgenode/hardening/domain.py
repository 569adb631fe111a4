"""The only module that knows Landlock: who is in a domain does not reach into processes outside.

See landlock(7). Unlike being not dumpable this also holds while the other process starts.
"""

import ctypes
import os
import struct

from edgenode.errors import HardeningError

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
"""Numbers of the system calls, the same on every architecture."""

ASK_VERSION = 1
PATH_BENEATH = 1
MAKE_BLOCK_DEVICE = 1 << 11
MOVE_BETWEEN_FOLDERS = 1 << 13
ABSTRACT_SOCKETS_AND_SIGNALS = 0b11

WITH_MOVE, WITH_SCOPES = 2, 6
"""Versions of the interface that know these."""


def version() -> int:
    """Return the version of the kernel's Landlock. Raise ``HardeningError`` where it has none."""
    return _call(CREATE_RULESET, None, 0, ASK_VERSION)


def restrict() -> None:
    """Enter a domain of one's own, with all that starts later.

    From within it no memory and no descriptor of a process outside can be taken and, since Linux
    6.12, no signal and no abstract socket reaches one. Raise ``HardeningError`` without Landlock.
    """
    known = version()
    moves = MOVE_BETWEEN_FOLDERS if known >= WITH_MOVE else 0
    scopes = ABSTRACT_SOCKETS_AND_SIGNALS if known >= WITH_SCOPES else 0
    # A ruleset must govern something: making block devices takes a privilege anyway.
    rules = struct.pack("=QQQ", MAKE_BLOCK_DEVICE | moves, 0, scopes)
    size = 24 if known >= WITH_SCOPES else 8
    ruleset = _call(CREATE_RULESET, rules, size, 0)
    try:
        if moves:
            _allow_everywhere(ruleset, moves)
        _call(RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _allow_everywhere(ruleset: int, right: int) -> None:
    root = os.open("/", os.O_PATH | os.O_CLOEXEC)
    try:
        _call(ADD_RULE, ruleset, PATH_BENEATH, struct.pack("=Qi", right, root), 0)
    finally:
        os.close(root)


def _call(number: int, *arguments: int | bytes | None) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    # As long as a register each: the C library hands them on as they are.
    wide = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
    result = int(libc.syscall(ctypes.c_long(number), *wide))
    if result >= 0:
        return result
    raise HardeningError(
        f"no Landlock here ({os.strerror(ctypes.get_errno())}): a process of the same user can be "
        "looked into while it starts, and be sent signals"
    )
