"""The only module that knows seccomp: it refuses system calls that this process does not need.

See seccomp(2). The filter cannot be removed; threads and children inherit it, also after execve.
"""

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Mapping

import msgspec

from edgenode.errors import HardeningError

SET_MODE_FILTER = 1
ALL_THREADS = 1
ALLOW = 0x7FFF0000
ERRNO = 0x00050000

LOAD = 0x20
"""BPF_LD | BPF_W | BPF_ABS: load four bytes of struct seccomp_data."""
EQUAL = 0x15
GREATER_OR_EQUAL = 0x35
RETURN = 0x06

INSTRUCTION = 8
"""Bytes of one instruction."""

NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16

X32 = 0x40000000
"""This bit marks a call by the x32 ABI, which has other numbers for the calls refused here."""

AF_UNIX, AF_NETLINK = 1, 16


class Machine(msgspec.Struct, frozen=True):
    """The numbers of system calls on one architecture.

    Attributes:
        audit: AUDIT_ARCH_* of the kernel.
        reach: calls with access to other processes or to the kernel, or that bypass this filter.
    """

    audit: int
    seccomp: int
    socket: int
    reach: Mapping[str, int]


SHARED = {
    "io_uring_setup": 425,
    "io_uring_enter": 426,
    "io_uring_register": 427,
    "pidfd_getfd": 438,
    "process_madvise": 440,
    "process_mrelease": 448,
}
"""Calls added since Linux 5.1 have the same number on every architecture."""

MACHINES = {
    "x86_64": Machine(
        audit=0xC000003E,
        seccomp=317,
        socket=41,
        reach=SHARED
        | {
            "ptrace": 101,
            "add_key": 248,
            "request_key": 249,
            "keyctl": 250,
            "migrate_pages": 256,
            "move_pages": 279,
            "perf_event_open": 298,
            "process_vm_readv": 310,
            "process_vm_writev": 311,
            "kcmp": 312,
            "bpf": 321,
            "userfaultfd": 323,
        },
    ),
    "aarch64": Machine(
        audit=0xC00000B7,
        seccomp=277,
        socket=198,
        reach=SHARED
        | {
            "ptrace": 117,
            "add_key": 217,
            "request_key": 218,
            "keyctl": 219,
            "migrate_pages": 238,
            "move_pages": 239,
            "perf_event_open": 241,
            "process_vm_readv": 270,
            "process_vm_writev": 271,
            "kcmp": 272,
            "bpf": 280,
            "userfaultfd": 282,
        },
    ),
}


class _Program(ctypes.Structure):
    """``struct sock_fprog``."""

    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))


def restrict(*, internet: bool) -> None:
    """Refuse the calls from now on. Raise ``HardeningError`` if the machine does not support it."""
    name = platform.machine()
    machine = MACHINES.get(name)
    # A 32-bit process on a 64-bit kernel gets the kernel's name, but its calls have other numbers.
    if machine is None or struct.calcsize("P") != 8:  # noqa: PLR2004 bytes of a pointer
        raise HardeningError(
            f"no filter of system calls for {8 * struct.calcsize('P')} bits on {name}: "
            "ptrace and pidfd_getfd are refused by the systemd units alone"
        )
    apply(machine, internet=internet)


def apply(machine: Machine, *, internet: bool) -> None:
    """Refuse the calls that *machine* lists. Raise ``HardeningError`` if the kernel cannot."""
    code = program(machine, internet=internet)
    libc = ctypes.CDLL(None, use_errno=True)
    made = ctypes.byref(_Program(len(code) // INSTRUCTION, code))
    numbers = map(ctypes.c_long, (machine.seccomp, SET_MODE_FILTER, ALL_THREADS))
    if libc.syscall(*numbers, made) == 0:
        return
    number = ctypes.get_errno()
    raise HardeningError(f"this kernel takes no filter of system calls: {os.strerror(number)}")


def program(machine: Machine, *, internet: bool) -> bytes:
    """Return the filter, as classic BPF."""
    refused = ERRNO | errno.EPERM
    code = [
        _step(LOAD, ARCHITECTURE),
        _step(EQUAL, machine.audit, yes=1),
        _step(RETURN, refused),
        _step(LOAD, NUMBER),
        _step(GREATER_OR_EQUAL, X32, no=1),
        _step(RETURN, refused),
    ]
    for number in sorted(machine.reach.values()):
        code += [_step(EQUAL, number, no=1), _step(RETURN, refused)]
    if not internet:
        code += [
            _step(EQUAL, machine.socket, no=4),
            # The lower half of the argument on a little-endian machine: a family is an int.
            _step(LOAD, FIRST_ARGUMENT),
            _step(EQUAL, AF_UNIX, yes=2),
            _step(EQUAL, AF_NETLINK, yes=1),
            _step(RETURN, ERRNO | errno.EAFNOSUPPORT),
        ]
    return b"".join([*code, _step(RETURN, ALLOW)])


def _step(operation: int, operand: int, *, yes: int = 0, no: int = 0) -> bytes:
    """Return one instruction; *yes* and *no* are how many instructions are skipped then."""
    return struct.pack("=HBBI", operation, yes, no, operand)
