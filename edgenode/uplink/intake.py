"""The uplink's side of the handover socket: one sense at a time, never blocked by a slow one."""

import contextlib
import fcntl
import logging
import select
import socket
import threading
import time
from collections import deque
from pathlib import Path
from typing import IO

from edgenode.bell import Bell
from edgenode.errors import ConfigError, ContractError
from edgenode.handover import Accepted, FrameReader, ToSense, Welcome, frame
from edgenode.uplink.outbox import Entry
from edgenode.uplink.reception import Reception

log = logging.getLogger(__name__)

TURN_S = 0.5
UNREAD = 1 << 20
"""Bytes that may wait for sense to read them; beyond, nothing more is read from it."""

HUSH_S = 1.0
"""How long a sense that goes on speaking is heard once the uplink is to end."""

UNTOLD_S = 5.0
"""How long a finding waits for a vanished sense to come back and hear its identity."""


class Conversation:
    """One connection of sense: frames in, answers out, neither waits for the other."""

    def __init__(self, connection: socket.socket, reception: Reception) -> None:
        connection.setblocking(False)  # noqa: FBT003 - the standard library's signature
        self.connection = connection
        self.greeted = False
        self._reception = reception
        self._reader = FrameReader(connection)
        self._unsent = bytearray()
        self._sent = 0
        self._said = 0
        self._promises: deque[tuple[int, int]] = deque()

    @property
    def reads(self) -> bool:
        """Whether more may be read: not while sense leaves our answers unread."""
        return len(self._unsent) < UNREAD

    @property
    def writes(self) -> bool:
        """Whether something waits to be written."""
        return bool(self._unsent)

    def listen(self) -> None:
        """Take in what has arrived. Raise ``ConnectionResetError`` when sense has gone."""
        payloads = self._reader.receive()
        if payloads is None:
            raise ConnectionResetError("it closed the connection")
        for payload in payloads:
            answer = self._reception.hear(payload)
            if answer is not None:
                self.say(answer)

    def hear_out(self) -> None:
        """Take in what was said by now; nothing more is, and no answer leaves any more.

        A sense that has ended cannot be answered, but its last words are here: its plugins' fates.
        """
        with contextlib.suppress(OSError, ContractError):
            self.connection.shutdown(socket.SHUT_RD)
            while True:
                self.listen()

    def say(self, answer: ToSense) -> None:
        """Queue *answer*; what it promises is kept once it has been written."""
        words = frame(answer)
        self._unsent += words
        self._said += len(words)
        self.greeted = self.greeted or isinstance(answer, Welcome)
        if isinstance(answer, Accepted):
            self._promises.append((self._said, answer.number))

    def flush(self) -> None:
        """Write what sense will take now, and let go the findings it has been told of."""
        while self._unsent:
            try:
                written = self.connection.send(self._unsent)
            except BlockingIOError:
                break
            del self._unsent[:written]
            self._sent += written
        while self._promises and self._promises[0][0] <= self._sent:
            self._reception.told(self._promises.popleft()[1])


class Intake:
    """Listens for sense in a thread of its own; a newer connection replaces the older.

    Attributes:
        turns: grows as long as the thread is alive and well.
        ending: the uplink is to end; what was said by now is heard, and then nothing.
    """

    def __init__(self, path: str, reception: Reception) -> None:
        self._path = Path(path)
        self._reception = reception
        self._settled: deque[Entry] = deque()
        self._bell = Bell()
        self._conversation: Conversation | None = None
        self._alone_since = time.monotonic()
        self._silence = threading.Event()
        self._hushed = False
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="intake", daemon=True)
        self._listener: socket.socket | None = None
        self._lock: IO[bytes] | None = None
        self.turns = 0
        self.ending = False

    @property
    def alive(self) -> bool:
        """Whether the thread lives."""
        return self._thread.is_alive()

    @property
    def connected(self) -> bool:
        """Whether sense is there."""
        conversation = self._conversation
        return conversation is not None and conversation.greeted

    def start(self) -> None:
        """Listen. Raise ``ConfigError`` if the socket cannot be made."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = lock = _lock(self._path)
            with contextlib.ExitStack() as undo:
                undo.callback(lock.close)
                self._listener = _listen(self._path)
                undo.pop_all()
        except OSError as error:
            says = f"{error.strerror or error}; check the folder's owner or name another socket"
            raise ConfigError([f"handover.socket = {str(self._path)!r}: {says}"]) from error
        self._thread.start()

    def hush(self) -> None:
        """Hear what was said by now and nothing new; sense is still told what has been settled.

        A sense that ended before may not have been listened to yet, or not even been let in. Takes
        ``HUSH_S`` at most; a sense that reads no answers is not heard further.
        """
        self.ending = True
        self._bell.ring()
        if self._thread.is_alive():
            self._silence.wait(HUSH_S)
        self._hushed = True
        self._bell.ring()

    def stop(self, timeout: float = 2.0) -> None:
        """End the thread and take the socket away."""
        self._stopping = True
        self._bell.ring()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def settle(self, entry: Entry) -> None:
        """Have sense told that *entry* need not be kept. From any thread; never blocks."""
        if entry.number:
            self._settled.append(entry)
            self._bell.ring()

    def _run(self) -> None:
        assert self._listener is not None  # noqa: S101 - start() made it
        ears = self._bell.open()
        try:
            while not self._stopping:
                self.turns += 1
                self._turn(self._listener, ears)
            if self._conversation is not None:
                self._converse(self._conversation, listens=False)
        except Exception:
            # The thread ends here, and the service with it: see ``Uplink.alive``.
            log.exception("the intake failed")
        finally:
            self._close()

    def _turn(self, listener: socket.socket, ears: socket.socket) -> None:
        reads = [ears] if self._hushed else [ears, listener]
        writes: list[socket.socket] = []
        if (conversation := self._conversation) is not None:
            hears = conversation.reads and not self._hushed
            reads += [conversation.connection] if hears else []
            writes += [conversation.connection] if conversation.writes else []
        ends = self.ending and not self._silence.is_set()
        readable, _, _ = select.select(reads, writes, [], 0.0 if ends else TURN_S)
        if ears in readable:
            ears.recv(4096)
        if conversation is not None:
            self._converse(conversation, listens=conversation.connection in readable)
        if listener in readable:
            self._replace(listener.accept()[0])
        if self._conversation is None:
            self._tell_settled(None)
            if self._reception.untold and time.monotonic() > self._alone_since + UNTOLD_S:
                self._reception.release()
        if ends and not set(readable) - {ears}:
            # A sense that has gone will not come back in time to hear its findings' identities.
            if self._conversation is None:
                self._reception.release()
            self._silence.set()

    def _converse(self, conversation: Conversation, *, listens: bool) -> None:
        try:
            if listens:
                was_greeted = conversation.greeted
                conversation.listen()
                if conversation.greeted and not was_greeted:
                    log.info("sense is here")
            self._tell_settled(conversation)
            conversation.flush()
        except BlockingIOError:
            return
        except (OSError, ContractError) as error:
            log.warning("sense is gone: %s", error)
            conversation.hear_out()
            self._end()

    def _tell_settled(self, conversation: Conversation | None) -> None:
        while self._settled:
            settled = self._reception.settle(self._settled.popleft())
            # Nobody there to tell: sense will offer it again, and hear it then.
            if settled is not None and conversation is not None and conversation.greeted:
                conversation.say(settled)

    def _replace(self, connection: socket.socket) -> None:
        if self._conversation is not None:
            log.warning("another sense has come; the one before it is let go")
            self._conversation.hear_out()
            self._end()
        self._conversation = Conversation(connection, self._reception)

    def _end(self) -> None:
        if self._conversation is not None:
            self._conversation.connection.close()
        self._conversation = None
        self._alone_since = time.monotonic()

    def _close(self) -> None:
        # A sense that is still there will offer to the next uplink what it has not been told of.
        if self._conversation is None:
            self._reception.release()
        self._end()
        # Whoever starts next listens at the same path: away with it before the lock is let go.
        self._path.unlink(missing_ok=True)
        for thing in (self._listener, self._lock, self._bell):
            if thing is not None:
                thing.close()


def _lock(path: Path) -> IO[bytes]:
    """Hold *path* for this process; the kernel lets go when it dies, however it dies."""
    lock = path.with_name(path.name + ".lock").open("ab")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise OSError(error.errno, "another uplink listens there") from error
    return lock


def _listen(path: Path) -> socket.socket:
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(str(path))
        path.chmod(0o660)
        listener.listen(4)
    except OSError:
        listener.close()
        raise
    return listener
