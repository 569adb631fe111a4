"""What a process does at its start to protect itself from others, and others from itself.

The systemd units do the same and more; ``edgenode run`` has only this.
"""

import ctypes
import logging
import os
import resource

from edgenode.errors import HardeningError
from edgenode.hardening import domain, syscalls

log = logging.getLogger(__name__)

PR_SET_DUMPABLE = 4
PR_SET_NO_NEW_PRIVS = 38


def protect() -> None:
    """Protect the memory, descriptors and environment of this process from others of its user.

    A process with CAP_SYS_PTRACE, such as one of root, still has access.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    for option, value in ((PR_SET_DUMPABLE, 0), (PR_SET_NO_NEW_PRIVS, 1)):
        if libc.prctl(option, value, 0, 0, 0):
            raise OSError(ctypes.get_errno(), f"prctl {option}: {os.strerror(ctypes.get_errno())}")
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (OSError, ValueError):
        # A unit's filter refuses the call where LimitCORE= has set the limit already.
        log.debug("the limit on core dumps stays %s", resource.getrlimit(resource.RLIMIT_CORE))


def confine(*, internet: bool) -> None:
    """Protect this process, and deny it and its children access to other processes.

    Without *internet* they can make only Unix and netlink sockets. To be called before the first
    thread: Landlock restricts the calling thread and those started after it. What the machine does
    not support is logged, and the process runs without it.
    """
    protect()
    try:
        syscalls.restrict(internet=internet)
    except HardeningError as error:
        log.warning("%s", error)
    try:
        domain.restrict()
    except HardeningError as error:
        log.info("%s", error)
