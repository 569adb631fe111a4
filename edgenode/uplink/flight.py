"""What was published on one connection and is not known to have arrived."""

from typing import NamedTuple, TypeAlias

from edgenode.messages import Identity

DEATH = "death"
"""Stands for our own offline status in ``Sent``: its topic is also the birth's."""

Sent: TypeAlias = Identity | str
"""What was published: a finding or report, a topic that has one message at a time, or ``DEATH``."""


class Sending(NamedTuple):
    """One message of QoS 1.

    Attributes:
        place: counts the messages of QoS 1 on this connection.
    """

    place: int
    sent: Sent
    topic: str


class Flight:
    """Messages of QoS 1 until they are answered, and topics of QoS 0 until one behind them is.

    A broker works off a connection in order. So an answer proves that it has not closed on what
    was published before. For the client's thread.
    """

    def __init__(self) -> None:
        self._sendings: dict[int, Sending] = {}
        self._unanswerable: dict[str, int] = {}
        self._places = 0

    def __bool__(self) -> bool:
        return bool(self._sendings)

    def add(self, packet_id: int, sent: Sent, topic: str) -> None:
        """Take note that *sent* was published on *topic* at QoS 1."""
        self._places += 1
        self._sendings[packet_id] = Sending(self._places, sent, topic)

    def add_unanswerable(self, topic: str) -> None:
        """Take note that a message was published on *topic* at QoS 0."""
        self._unanswerable[topic] = self._places

    def answered(self, packet_id: int) -> Sending | None:
        """Take the message out that is answered; return it, None if it is not known."""
        sending = self._sendings.pop(packet_id, None)
        if sending is not None and self._unanswerable:
            behind = self._unanswerable.items()
            self._unanswerable = {t: place for t, place in behind if place >= sending.place}
        return sending

    @property
    def sendings(self) -> dict[Sent, str]:
        """Return what is not answered, and the topic of each."""
        return {sending.sent: sending.topic for sending in self._sendings.values()}

    @property
    def unproven(self) -> set[str]:
        """Return the topics with messages of QoS 0 that may not have arrived."""
        return set(self._unanswerable)
