"""Subscribes to the messages of all nodes of a site and returns them typed."""

import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from types import MappingProxyType, TracebackType
from typing import Self

import msgspec

from edgenode import config
from edgenode.backend.arrivals import NAME, Arrival, Arrivals, filters
from edgenode.config.convert import convert
from edgenode.errors import BrokerError
from edgenode.mqtt.client import Client
from edgenode.mqtt.exchange import Subscription
from edgenode.mqtt.inbox import Inbox
from edgenode.waker import Waker


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """How long to wait for the first connection before that is an error, in seconds.

    Attributes:
        refused_s: if an attempt has failed, as when the broker refuses us.
        silent_s: if the first attempt has not ended; a broker may be far away, or silent.
    """

    refused_s: float = 3.0
    silent_s: float = 25.0


TIMING = Timing()


class Session(msgspec.Struct, frozen=True):
    """A session that the broker keeps for a consumer, so that the consumer misses nothing.

    Attributes:
        name: the client id: of this consumer alone, and always the same.
        keep_s: how long the broker keeps it without a connection; on MQTT 3.1.1 the broker decides.
    """

    name: str
    keep_s: int = 7 * 86_400

    def checked(self) -> str:
        """Return the name. Raise ``BrokerError`` if it or the time cannot be of a session."""
        if not NAME.fullmatch(self.name):
            raise BrokerError(
                f"the session's name {self.name!r} is not of a to z, 0 to 9, - and _; rename it"
            )
        if self.keep_s < 1:
            raise BrokerError(f"keep_s = {self.keep_s} keeps no session; give it 1 s at least")
        return self.name


class Subscriber:
    """Subscribes to all nodes below a prefix, or to *node* alone.

    ::

        with Subscriber(Mqtt(url="mqtt://broker.example")) as subscriber:
            for arrival in subscriber:
                ...

    With a *session* nothing that the broker has acknowledged to a node is missed, whatever is
    killed or away, as far as the broker keeps it: call ``acknowledge`` after what was taken is
    stored. What was not acknowledged comes again, so store under a unique key::

        with Subscriber(mqtt, session=Session("store-1")) as subscriber:
            for arrival in subscriber:
                database.store(arrival)
                subscriber.acknowledge()

    A broker sends no more than some messages ahead of the acknowledgements (mosquitto:
    ``max_inflight_messages``, 20): who stores many at once acknowledges also when ``take`` has
    returned None.

    A will is ignored if the node has connected again already. For one thread.
    """

    def __init__(
        self,
        mqtt: config.Mqtt,
        node: str = "+",
        timing: Timing = TIMING,
        *,
        session: Session | None = None,
        metas: Mapping[str, bytes] = MappingProxyType({}),
    ) -> None:
        """Raise ``BrokerError`` if *mqtt* or the session is not valid. Nothing is connected yet.

        *metas*: for a session and the codec ``msgpack``, the payload of the last ``meta`` of each
        node that the consumer has stored. It has the class ids of the messages that have waited.
        """
        # A program makes these values itself: nothing has checked them as `edgenode check` would.
        given = {key: one for key, one in msgspec.structs.asdict(mqtt).items() if one is not None}
        if faults := convert(given, config.Mqtt, ("mqtt",))[1]:
            raise BrokerError("; ".join(map(str, faults)))
        self._url = mqtt.url
        self._timing = timing
        self._connected = threading.Event()
        self._inbox = Inbox(on_connected=self._connected.set, late=session is not None)
        self._arrivals = Arrivals(mqtt.prefix, node)
        for one, payload in metas.items():
            self._arrivals.reader.read(one, "meta", "", payload)
        self._waker = Waker()
        self._outstanding = False
        name = session.checked() if session else f"watch-{secrets.token_hex(4)}"
        asked = Subscription(filters(mqtt.prefix, node), session.keep_s if session else 0)
        self._client = Client(mqtt, name, self._inbox, asked, self._waker)

    def __enter__(self) -> Self:
        """Connect. Raise ``BrokerError`` if the broker cannot be reached or refuses us."""
        timing, nothing_yet = self._timing, self._client.reason
        self._client.start()
        began = time.monotonic()
        while not self._connected.wait(0.1):
            # Another reason than the initial one means that an attempt has ended. The client goes
            # on with MQTT 3.1.1 or after a pause, so it gets a moment more.
            reason = self._client.reason
            limit_s = timing.silent_s if reason == nothing_yet else timing.refused_s
            if time.monotonic() - began > limit_s:
                self._client.stop()
                waited = f"broker {self._url!r} has not answered for {limit_s:g} s; check mqtt.url"
                raise BrokerError(waited if reason == nothing_yet else reason)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Disconnect."""
        self._client.stop()

    def __iter__(self) -> Iterator[Arrival]:
        """Yield each message that arrives, without end."""
        while True:
            arrival = self.take(1.0)
            if arrival is not None:
                yield arrival

    @property
    def trouble(self) -> str:
        """Why there is no connection now, empty if there is one. Attempts to connect go on."""
        return self._client.reason

    @property
    def resumed(self) -> bool:
        """Whether the broker had the session at the last connection: not, if it is a new one."""
        return bool(self._inbox.resumed)

    @property
    def sessions_lost(self) -> int:
        """How often the broker has lost the session since we connected, and what waited in it."""
        return self._inbox.sessions_lost

    @property
    def lost(self) -> int:
        """Number of messages that were lost because they arrived faster than they were taken."""
        return self._inbox.overwritten

    @property
    def outdated(self) -> int:
        """Number of wills that were ignored."""
        return self._arrivals.outdated

    @property
    def undecodable(self) -> int:
        """Number of payloads that are not in the contract."""
        return self._arrivals.undecodable

    @property
    def unexpected(self) -> int:
        """Number of messages on topics that we did not ask for; some brokers leak them."""
        return self._arrivals.unexpected

    def take(self, timeout: float) -> Arrival | None:
        """Return the next message, None if none has arrived within *timeout* seconds."""
        deadline = time.monotonic() + timeout
        # More than once, because what arrives may be no message of ours, or an old will.
        left_s = timeout
        while left_s >= 0 and (received := self._inbox.take(left_s)) is not None:
            arrival = self._arrivals.read(received)
            if arrival is not None:
                self._outstanding = True
                return arrival
            # Nobody will store it. Behind others it waits for them, as answers keep the order.
            if not self._outstanding:
                self.acknowledge()
            left_s = deadline - time.monotonic()
        return None

    def acknowledge(self) -> None:
        """Tell the broker that all that was taken so far is stored; without a session it knows."""
        self._outstanding = False
        self._inbox.acknowledge()
        self._waker.wake()
