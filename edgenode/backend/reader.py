"""Reads payloads in either codec, with the class ids that each node's meta has named."""

from collections import OrderedDict

from edgenode.backend.payloads import Payload, decode
from edgenode.messages import Birth
from edgenode.messages.compact import NO_WORDS, Vocabulary, vocabularies

MOST = 10_000
"""Nodes whose words are remembered; those of the one born longest ago are forgotten."""


class Reader:
    """Remembers the words of each node. For one thread."""

    def __init__(self) -> None:
        self._words: OrderedDict[str, dict[str, Vocabulary]] = OrderedDict()

    def read(self, node: str, kind: str, plugin: str, payload: bytes) -> Payload:
        """Return what *payload* says; to be asked about every meta, in the order they arrive.

        *kind* is the part of the topic after the node. Raise ``ContractError`` when it is not in
        the contract.
        """
        words = self._words.get(node, {}).get(plugin, NO_WORDS)
        message = decode(kind, payload, words)
        if isinstance(message, Birth):
            self._words[node] = vocabularies(message.models, message.plugins)
            self._words.move_to_end(node)
            if len(self._words) > MOST:
                self._words.popitem(last=False)
        return message
