"""Finds the messages on which the broker closes the connection, so that the others can go on."""

from collections.abc import Collection

from edgenode.uplink.online import Sent


class Suspects:
    """Messages that were in flight when the broker closed. For the client's thread.

    Some brokers close the connection on a message that they deny (aedes, RabbitMQ). All messages
    in flight at that moment are suspects: each is sent again alone until it is acknowledged. A
    message on which the broker closes ``MOST_CLOSES`` times is given up. If the connection ended
    for another reason, there are no suspects.
    """

    MOST_CLOSES = 3

    def __init__(self) -> None:
        # How often the broker has closed while this message was alone in flight.
        self._times_alone: dict[Sent, int] = {}

    def __bool__(self) -> bool:
        return bool(self._times_alone)

    def __contains__(self, sent: object) -> bool:
        return sent in self._times_alone

    @property
    def closed_alone(self) -> bool:
        """Whether the broker has closed on one of them when it was alone in flight."""
        return any(self._times_alone.values())

    def closed(self, in_flight: Collection[Sent]) -> list[Sent]:
        """Take note that the broker closed with these in flight; return those to give up."""
        given_up = []
        for sent in in_flight:
            # Of several any one may be the cause, so only a close on one alone is counted.
            times = self._times_alone.get(sent, 0) + (len(in_flight) == 1)
            self._times_alone[sent] = times
            if times >= self.MOST_CLOSES:
                given_up.append(sent)
                del self._times_alone[sent]
        return given_up

    def answered(self, sent: Sent) -> None:
        """Take note that the broker has acknowledged *sent*: it is no suspect any more."""
        self._times_alone.pop(sent, None)

    def clear(self) -> None:
        """Forget all suspects."""
        self._times_alone.clear()
