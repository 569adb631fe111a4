"""The class ids of a plugin's model: what stands for its labels in the codec ``msgpack``."""

from collections.abc import Iterable

from edgenode.messages.node import ModelMeta, PluginMeta


class ClassIds:
    """The ids of one plugin's labels: their places in the labels of the model that meta names.

    Attributes:
        model: its id; None stands for a model that meta does not name.
    """

    def __init__(self, model: str | None = "", labels: tuple[str, ...] = ()) -> None:
        self.model = model
        self._labels = labels
        self._ids: dict[str, int] = {}
        for class_id, label in enumerate(labels):
            self._ids.setdefault(label, class_id)

    def of(self, label: str) -> int | str:
        """Return the class id of *label*, or *label* where it has none."""
        return self._ids.get(label, label)

    def label(self, class_id: int | str) -> str:
        """Return its label; ``#17`` for an id whose meta has not arrived, and text as it is."""
        if isinstance(class_id, str):
            return class_id
        return self._labels[class_id] if class_id < len(self._labels) else f"#{class_id}"


NO_IDS = ClassIds()
"""Of a plugin without a model, or of one that no meta has named yet."""

OTHER_MODEL = ClassIds(None)
"""Of a model that is not the one meta names for the plugin."""


def class_ids(models: Iterable[ModelMeta], plugins: Iterable[PluginMeta]) -> dict[str, ClassIds]:
    """Return the class ids of each plugin, as a node's meta has them."""
    labels = {model.id: model.labels for model in models}
    return {plugin.id: ClassIds(plugin.model, labels.get(plugin.model, ())) for plugin in plugins}
