"""What a process does at its start so that its neighbour cannot reach into it, nor it elsewhere.

The systemd units do the same from outside, and more; ``edgenode run`` has only this.
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
    """Close this process's memory, descriptors and environment to others of its user.

    A process with CAP_SYS_PTRACE, as root's are, may look in all the same.
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
    """Protect this process, and refuse it and its children to reach into other processes.

    Without *internet* they make no sockets but those of Unix and netlink. Call it before the first
    thread: what Landlock refuses, it refuses to threads that start later. What the machine cannot
    do is logged.
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
