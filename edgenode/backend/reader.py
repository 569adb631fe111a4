"""Decodes payloads in either codec, with the class ids of each node's meta."""

from collections import OrderedDict

from edgenode.backend.payloads import Payload, decode
from edgenode.messages import Birth
from edgenode.messages.compact import NO_IDS, ClassIds, class_ids

MOST_NODES = 10_000
"""Nodes whose class ids are remembered; the one whose meta is the oldest is forgotten."""


class Reader:
    """Decodes payloads and remembers the class ids of *most* nodes. For one thread."""

    def __init__(self, most: int = MOST_NODES) -> None:
        self._most = most
        self._ids: OrderedDict[str, dict[str, ClassIds]] = OrderedDict()

    def read(self, node: str, kind: str, plugin: str, payload: bytes) -> Payload:
        """Return the message in *payload*. To be called with every meta, in the order of arrival.

        *kind* is the part of the topic after the node. Raise ``ContractError`` if the payload is
        not in the contract.
        """
        # Before the meta has arrived a label of a packed message reads ``#17``.
        ids = self._ids.get(node, {}).get(plugin, NO_IDS)
        message = decode(kind, payload, ids)
        if isinstance(message, Birth):
            self._ids[node] = class_ids(message.models, message.plugins)
            self._ids.move_to_end(node)
            if len(self._ids) > self._most:
                self._ids.popitem(last=False)
        return message
