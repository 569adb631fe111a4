"""Finds wills that arrive late, when the node has connected again already."""

from collections import OrderedDict

from edgenode.backend.payloads import Payload
from edgenode.messages import Status

MOST_NODES = 10_000
"""Nodes whose latest connection is remembered; the one with the oldest status is forgotten."""


class Wills:
    """Remembers the latest run and connection of *most* nodes. For one thread.

    Attributes:
        ignored: wills that were not of the latest connection.
    """

    def __init__(self, most: int = MOST_NODES) -> None:
        self._most = most
        self._latest: OrderedDict[str, tuple[str, int]] = OrderedDict()
        self.ignored = 0

    def note(self, node: str, message: Payload) -> bool:
        """Take note of *message*; return whether it is a will of an earlier connection of *node*.

        To be called with every status, in the order of arrival.
        """
        if not isinstance(message, Status):
            return False
        known = self._latest.get(node)
        if message.reason == "lost" and known is not None:
            run, conn = known
            if message.run != run or message.conn < conn:
                self.ignored += 1
                return True
        self._latest[node] = (message.run, message.conn)
        self._latest.move_to_end(node)
        if len(self._latest) > self._most:
            self._latest.popitem(last=False)
        return False
