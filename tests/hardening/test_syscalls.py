"""The filter, run by a small interpreter of classic BPF, and once by the kernel."""

import errno
import platform
import socket
import struct
import subprocess
import sys

import pytest

from edgenode.errors import HardeningError
from edgenode.hardening import syscalls
from edgenode.hardening.syscalls import MACHINES, Machine

ALLOWED = 0
READ = 0
"""A call every process needs; other numbers on other machines, but none is refused."""
I386 = 0x40000003

BOTH = pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES)


def verdict(code: bytes, audit: int, number: int, argument: int = 0) -> int:
    """Return the errno a call gets, 0 if it is allowed."""
    data = struct.pack("=IIQQ", number, audit, 0, argument)
    steps = list(struct.iter_unpack("=HBBI", code))
    at = word = 0
    while True:
        operation, yes, no, operand = steps[at]
        at += 1
        match operation:
            case syscalls.LOAD:
                (word,) = struct.unpack_from("=I", data, operand)
            case syscalls.EQUAL:
                at += yes if word == operand else no
            case syscalls.GREATER_OR_EQUAL:
                at += yes if word >= operand else no
            case syscalls.RETURN:
                assert operand & 0xFFFF0000 in (syscalls.ALLOW, syscalls.ERRNO)
                return int(operand & 0xFFFF) if operand != syscalls.ALLOW else ALLOWED
            case _:
                raise AssertionError(f"no such instruction: {operation:#x}")


@BOTH
def test_calls_that_reach_into_other_processes_are_refused(machine: Machine) -> None:
    code = syscalls.program(machine, internet=True)

    verdicts = {verdict(code, machine.audit, number) for number in machine.reach.values()}

    assert verdicts == {errno.EPERM}
    assert {"ptrace", "pidfd_getfd", "process_vm_readv", "process_vm_writev"} <= {*machine.reach}
    assert verdict(code, machine.audit, READ) == ALLOWED


@BOTH
def test_a_call_by_another_numbering_is_refused(machine: Machine) -> None:
    code = syscalls.program(machine, internet=True)

    assert verdict(code, I386, READ) == errno.EPERM
    assert verdict(code, machine.audit, READ | syscalls.X32) == errno.EPERM


@BOTH
@pytest.mark.parametrize(
    ("family", "answer"),
    [
        (socket.AF_UNIX, ALLOWED),
        (socket.AF_NETLINK, ALLOWED),
        (socket.AF_INET, errno.EAFNOSUPPORT),
        (socket.AF_INET6, errno.EAFNOSUPPORT),
        (socket.AF_PACKET, errno.EAFNOSUPPORT),
        (0xFFFF_FFFF_0000_0000 | socket.AF_INET, errno.EAFNOSUPPORT),
    ],
)
def test_without_internet_only_local_sockets_are_made(
    machine: Machine, family: int, answer: int
) -> None:
    shut = syscalls.program(machine, internet=False)
    open_ = syscalls.program(machine, internet=True)

    assert verdict(shut, machine.audit, machine.socket, family) == answer
    assert verdict(open_, machine.audit, machine.socket, family) == ALLOWED
    assert verdict(shut, machine.audit, READ) == ALLOWED


def test_a_processor_without_numbers_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "armv7l")

    with pytest.raises(HardeningError, match="no filter of system calls for 64 bits on armv7l"):
        syscalls.restrict(internet=False)


TRIED = """
import ctypes, errno, socket, subprocess, sys, threading
from edgenode.hardening import syscalls

begin = threading.Event()
outcomes = []

def make():
    try:
        socket.socket(socket.AF_INET).close()
    except OSError as error:
        outcomes.append(errno.errorcode[error.errno])

def wait():
    begin.wait()
    make()

earlier = threading.Thread(target=wait)
earlier.start()
ctypes.CDLL(None).prctl(38, 1, 0, 0, 0)
syscalls.restrict(internet=False)
begin.set()
earlier.join()
make()
child = "import socket; socket.socket(socket.AF_INET)"
failed = subprocess.run([sys.executable, "-c", child], stderr=subprocess.DEVNULL).returncode
socket.socketpair()
print(outcomes, failed)
"""


def test_the_kernel_holds_every_thread_and_child_to_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", TRIED], capture_output=True, text=True, check=False, timeout=60
    )

    assert (done.stdout, done.stderr) == ("['EAFNOSUPPORT', 'EAFNOSUPPORT'] 1\n", "")
