"""The only module that knows Landlock: a domain has no access to processes outside it.

See landlock(7). Unlike PR_SET_DUMPABLE this also protects a process that is just starting.
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
"""First versions of the interface with these rights."""


def version() -> int:
    """Return the version of the kernel's Landlock; raise ``HardeningError`` if it has none."""
    return _call(CREATE_RULESET, None, 0, ASK_VERSION)


def restrict() -> None:
    """Put this thread, and all threads and processes it starts later, into a domain of its own.

    They cannot read memory or take descriptors of a process outside. Since Linux 6.12 they cannot
    send it signals or connect to its abstract sockets either. Raise ``HardeningError`` if the
    kernel has no Landlock.
    """
    known = version()
    moves = MOVE_BETWEEN_FOLDERS if known >= WITH_MOVE else 0
    scopes = ABSTRACT_SOCKETS_AND_SIGNALS if known >= WITH_SCOPES else 0
    # A ruleset must restrict something: we restrict what needs a privilege anyway.
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
    # Each as wide as a register: syscall(2) passes them on without knowing their types.
    wide = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
    result = int(libc.syscall(ctypes.c_long(number), *wide))
    if result >= 0:
        return result
    raise HardeningError(
        f"no Landlock here ({os.strerror(ctypes.get_errno())}): memory and descriptors of a "
        "process of the same user can be read while it starts, and it can be sent signals"
    )
