"""What a hostile process can try upon another; prints what came of it as JSON.

``attack.py OPTIONS``, a JSON object: *pid* of the victim, *address* of a place in its memory,
*port* its TCP connection leads to, *payload* to send there, *secret* to look for, *user* to become,
*confined* whether to do first what sense does at its start.
"""

import ctypes
import json
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from edgenode import hardening

PTRACE_SEIZE = 0x4206
PROCESS_VM_READV = {"x86_64": 310, "aarch64": 270}[os.uname().machine]
PTRACE = {"x86_64": 101, "aarch64": 117}[os.uname().machine]
PIDFD_OPEN, PIDFD_GETFD = 434, 438
DESCRIPTORS = range(3, 64)


class Span(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


def call(number: int, *arguments: Any) -> int:  # noqa: ANN401
    libc = ctypes.CDLL(None, use_errno=True)
    wide = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
    result = int(libc.syscall(ctypes.c_long(number), *wide))
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


class Attack:
    """Each way is tried on its own; it returns normally where it succeeds."""

    def __init__(self, options: dict[str, Any]) -> None:
        self._options = options
        self._pid = options["pid"]
        self._proc = Path(f"/proc/{self._pid}")

    def descriptor(self) -> None:
        """Take the victim's connection and send raw bytes along it."""
        pidfd = call(PIDFD_OPEN, self._pid, 0)
        taken = [number for number in DESCRIPTORS if self._send(pidfd, number)]
        assert taken, "no such connection"

    def memory(self) -> None:
        """Find the secret in what the victim may write."""
        secret = self._options["secret"].encode()
        with (self._proc / "mem").open("rb", buffering=0) as memory:
            for line in (self._proc / "maps").read_text().splitlines():
                span, rights, *_ = line.split()
                first, last = (int(end, 16) for end in span.split("-"))
                if rights.startswith("rw") and secret in read(memory.fileno(), first, last):
                    return
        raise AssertionError("it is not there")

    def readv(self) -> None:
        """Read a word from the victim's memory without opening anything."""
        word = ctypes.create_string_buffer(8)
        ours = Span(ctypes.addressof(word), 8)
        theirs = Span(self._options["address"], 8)
        spans = ctypes.byref(ours), 1, ctypes.byref(theirs), 1
        call(PROCESS_VM_READV, self._pid, *spans, 0)

    def trace(self) -> None:
        """Become the victim's debugger."""
        call(PTRACE, PTRACE_SEIZE, self._pid, 0, 0)

    def files(self) -> None:
        """Open one of the victim's files by its descriptor."""
        (self._proc / "fd" / "0").open("rb").close()

    def environment(self) -> None:
        """Read the victim's environment."""
        assert (self._proc / "environ").read_bytes()

    def signals(self) -> None:
        """See whether the victim could be sent a signal."""
        os.kill(self._pid, 0)

    def internet(self) -> None:
        """Make a socket of its own."""
        socket.socket(socket.AF_INET).close()

    def _send(self, pidfd: int, number: int) -> bool:
        try:
            mine = call(PIDFD_GETFD, pidfd, number, 0)
        except OSError as error:
            if error.strerror == "Bad file descriptor":
                return False
            raise
        try:
            with socket.socket(fileno=mine) as connection:
                if connection.getpeername()[1] != self._options["port"]:
                    return False
                connection.sendall(bytes.fromhex(self._options["payload"]))
        except (OSError, IndexError):
            return False
        return True


def read(memory: int, first: int, last: int) -> bytes:
    try:
        return os.pread(memory, last - first, first)
    except OSError:
        return b""


def outcome(way: Callable[[], None]) -> str:
    try:
        way()
    except (OSError, AssertionError) as error:
        return getattr(error, "strerror", None) or str(error)
    return "succeeded"


def main() -> None:
    options = json.loads(sys.argv[1])
    if options["user"] is not None:
        os.setgroups([])
        os.setresgid(*[options["user"]] * 3)
        os.setresuid(*[options["user"]] * 3)
    if options["confined"]:
        hardening.confine(internet=False)
    attack = Attack(options)
    ways = ("descriptor", "memory", "readv", "trace", "files", "environment", "signals", "internet")
    print(json.dumps({name: outcome(getattr(attack, name)) for name in ways}))  # noqa: T201


main()
