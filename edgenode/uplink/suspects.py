"""Finds what a broker answers by closing the connection, so that all else can go on."""

import time
from collections.abc import Mapping

from edgenode.uplink.flight import Sent

DENIED_S = 600.0
"""After this a topic on which the broker has closed is tried again."""


class Suspects:
    """Messages that were in flight when the broker closed. For the client's thread.

    Some brokers close the connection on a message that they deny (aedes, RabbitMQ). All messages
    in flight at that moment are suspects: each is sent again alone until it is acknowledged. A
    message on which the broker closes ``MOST_CLOSES`` times is given up. If the connection ended
    for another reason, there are no suspects.

    Where ``MOST_GIVEN_UP`` of a topic are given up in a row, the topic is denied for ``DENIED_S``:
    a plugin that may not publish would end connections with each finding. The second needs fewer
    closes than the first.
    """

    MOST_CLOSES = 3
    MOST_CLOSES_AGAIN = 2
    MOST_GIVEN_UP = 2

    def __init__(self) -> None:
        # How often the broker has closed while this message was alone in flight.
        self._times_alone: dict[Sent, int] = {}
        # How many were given up since the last answer, by topic; and until when it is denied.
        self._given_up: dict[str, int] = {}
        self._denied_until: dict[str, float] = {}

    def __bool__(self) -> bool:
        return bool(self._times_alone)

    def __contains__(self, sent: object) -> bool:
        return sent in self._times_alone

    @property
    def closed_alone(self) -> bool:
        """Whether the broker has closed on one of them when it was alone in flight."""
        return any(self._times_alone.values())

    def closed(self, in_flight: Mapping[Sent, str]) -> list[Sent]:
        """Take note that the broker closed with these in flight; return those to give up.

        *in_flight* has the topic of each.
        """
        given_up = []
        for sent, topic in in_flight.items():
            # Of several any one may be the cause, so only a close on one alone is counted.
            times = self._times_alone.get(sent, 0) + (len(in_flight) == 1)
            self._times_alone[sent] = times
            again = topic in self._given_up
            if times >= (self.MOST_CLOSES_AGAIN if again else self.MOST_CLOSES):
                given_up.append(sent)
                del self._times_alone[sent]
                self._give_up(sent, topic)
        return given_up

    def answered(self, sent: Sent, topic: str) -> None:
        """Take note that the broker has acknowledged *sent*: it is no suspect any more."""
        self._times_alone.pop(sent, None)
        self._given_up.pop(topic, None)

    def denies(self, topic: str) -> bool:
        """Return whether the broker closes on all of *topic*, so that nothing is sent on it."""
        return time.monotonic() < self._denied_until.get(topic, 0.0)

    def clear(self) -> None:
        """Forget all suspects."""
        self._times_alone.clear()

    def _give_up(self, sent: Sent, topic: str) -> None:
        self._given_up[topic] = self._given_up.get(topic, 0) + 1
        # What is named by its topic is the same message each time.
        if sent == topic or self._given_up[topic] >= self.MOST_GIVEN_UP:
            self._denied_until[topic] = time.monotonic() + DENIED_S
