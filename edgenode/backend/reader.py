"""Reads payloads in either codec, with the class ids that each node's meta has named."""

from collections import OrderedDict

from edgenode.backend.payloads import Payload, decode
from edgenode.messages import Birth
from edgenode.messages.compact import NO_IDS, ClassIds, class_ids

MOST_NODES = 10_000
"""Nodes whose class ids are remembered; those of the one born longest ago are forgotten."""


class Reader:
    """Remembers the class ids of each node, of *most* nodes. For one thread."""

    def __init__(self, most: int = MOST_NODES) -> None:
        self._most = most
        self._ids: OrderedDict[str, dict[str, ClassIds]] = OrderedDict()

    def read(self, node: str, kind: str, plugin: str, payload: bytes) -> Payload:
        """Return what *payload* says; to be asked about every meta, in the order they arrive.

        *kind* is the part of the topic after the node. Raise ``ContractError`` when it is not in
        the contract.
        """
        ids = self._ids.get(node, {}).get(plugin, NO_IDS)
        message = decode(kind, payload, ids)
        if isinstance(message, Birth):
            self._ids[node] = class_ids(message.models, message.plugins)
            self._ids.move_to_end(node)
            if len(self._ids) > self._most:
                self._ids.popitem(last=False)
        return message
