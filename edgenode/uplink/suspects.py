"""Which messages the broker answers by closing the connection: they must not block the others."""

from collections.abc import Collection
from typing import TypeAlias

Key: TypeAlias = int | str
"""An entry's place in the outbox, or a topic."""


class Suspects:
    """Messages that were in flight when the broker closed. Outlives the connections.

    Some brokers close on a message they deny (aedes, RabbitMQ). What was in flight then is sent
    again alone, with nothing beside it, until it is answered; one on which the broker closes
    ``MOST`` times is given up. An end that was not the broker's doing is held against nobody.
    """

    MOST = 3

    def __init__(self) -> None:
        self._closed_alone: dict[Key, int] = {}

    def __bool__(self) -> bool:
        return bool(self._closed_alone)

    def __contains__(self, key: object) -> bool:
        return key in self._closed_alone

    def closed(self, in_flight: Collection[Key]) -> list[Key]:
        """The broker has closed with these unanswered; return those that are given up."""
        given_up = []
        for key in in_flight:
            # One of several may be another one's victim: only alone it is proven.
            times = self._closed_alone.get(key, 0) + (len(in_flight) == 1)
            self._closed_alone[key] = times
            if times >= self.MOST:
                given_up.append(key)
                del self._closed_alone[key]
        return given_up

    def answered(self, key: Key) -> None:
        """The broker has answered for *key*: it ends no connection."""
        self._closed_alone.pop(key, None)

    def clear(self) -> None:
        """Whatever is left waits no more."""
        self._closed_alone.clear()
