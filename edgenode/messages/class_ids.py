"""The class ids of a plugin's model: the numbers that replace labels in the codec ``msgpack``."""

from collections.abc import Iterable

from edgenode.messages.node import ModelMeta, PluginMeta


class ClassIds:
    """The class ids of one plugin: a label's id is its place in the labels of the model in meta.

    Attributes:
        model: id of the model; None for a model that is not in meta.
    """

    def __init__(self, model: str | None = "", labels: tuple[str, ...] = ()) -> None:
        self.model = model
        self._labels = labels
        self._ids: dict[str, int] = {}
        for class_id, label in enumerate(labels):
            # A label may be at several places, as "???" in the labels of COCO: the first counts.
            self._ids.setdefault(label, class_id)

    def of(self, label: str) -> int | str:
        """Return the class id of *label*, or *label* itself if it has none."""
        return self._ids.get(label, label)

    def label(self, class_id: int | str) -> str:
        """Return the label of *class_id*; ``#17`` if it is not known, and a text as it is."""
        if isinstance(class_id, str):
            return class_id
        return self._labels[class_id] if class_id < len(self._labels) else f"#{class_id}"


NO_IDS = ClassIds()
"""For a plugin without a model, or one that is in no meta yet."""

OTHER_MODEL = ClassIds(None)
"""For a result of another model than the one in meta, as just after a reload."""


def class_ids(models: Iterable[ModelMeta], plugins: Iterable[PluginMeta]) -> dict[str, ClassIds]:
    """Return the class ids by plugin, from the models and plugins in a node's meta."""
    labels = {model.id: model.labels for model in models}
    return {plugin.id: ClassIds(plugin.model, labels.get(plugin.model, ())) for plugin in plugins}
