"""The names of the topics that the uplink publishes on."""


class Topics:
    """Topics of one node, below the prefix of its site."""

    def __init__(self, prefix: str, node: str) -> None:
        self._node = f"{prefix}/{node}"
        self.status = f"{self._node}/status"
        self.meta = f"{self._node}/meta"
        self.health = f"{self._node}/health"
        self.dropped = f"{self._node}/event/_outbox"

    def result(self, plugin: str) -> str:
        """Return the topic of the results of *plugin*."""
        return f"{self._node}/result/{plugin}"

    def event(self, plugin: str) -> str:
        """Return the topic of the events of *plugin*."""
        return f"{self._node}/event/{plugin}"

    def state(self, plugin: str) -> str:
        """Return the topic of the state of *plugin*."""
        return f"{self._node}/state/{plugin}"


def everything(prefix: str) -> str:
    """Return the filter that matches all messages of all nodes of a site."""
    return f"{prefix}/#"
