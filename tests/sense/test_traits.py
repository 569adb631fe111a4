"""The typed part of a manifest: checked with the configuration, all faults at once."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from edgenode.catalogue import manifest
from edgenode.catalogue.manifest import Manifest
from edgenode.sense import checks, registry
from edgenode.sense.plan import Plan, Unusable
from tests.sense.manifests import own_model

Planned: TypeAlias = Callable[[str], tuple[Plan, list[str]]]

CONFIG = """
    [models]
    folders = ["{folder}"]
    [sources.front]
    use = "camera"
    [plugins.people]
    use = "object-detection"
    source = "front"
    model = "own-model"
"""
PLUGINS = {
    cls.task: cls
    for cls in map(registry.plugin, registry.names(registry.PLUGINS))
    if cls.task is not None
}
OTHERS = {"posenet-mobilenet-v1": "must be 'movenet'"}
"""Manifests that no plugin of today can use, and what is said of them."""


@pytest.fixture
def faults_of(planned: Planned, tmp_path: Path) -> Callable[[str], tuple[str, list[str]]]:
    """Return a function from traits to the plugin's fate and the faults of the configuration."""

    def check(traits: str) -> tuple[str, list[str]]:
        own_model(tmp_path, traits=traits)
        made, faults = planned(CONFIG.format(folder=tmp_path))
        people = made.plugins["people"]
        return people.fate if isinstance(people, Unusable) else "starting", faults

    return check


def test_good_traits_are_no_fault(faults_of: Callable[[str], tuple[str, list[str]]]) -> None:
    fate, faults = faults_of('fit = "letterbox"\noutput_order = "yolov8"\nthreshold = { a = 0.5 }')

    assert (fate, faults) == ("starting", [])


def test_everything_wrong_with_the_traits_is_told_at_once_with_file_and_key(
    faults_of: Callable[[str], tuple[str, list[str]]], tmp_path: Path
) -> None:
    fate, faults = faults_of('fitt = "crop"\noutput_order = "yolo8"\nthreshold = { a = 7 }')

    head = f"plugins.people.model = 'own-model': {tmp_path}/own-model/model.toml: traits"
    orders = (
        "'auto', 'boxes-classes-scores-count', 'boxes-scores-classes-count', "
        "'classes-boxes-count-scores', 'count-classes-scores-boxes', 'count-scores-classes-boxes', "
        "'end-to-end', 'scores-boxes-count-classes', 'split' or 'yolov8'"
    )
    assert fate == "model-error"
    assert faults == [
        f"{head}.fitt = 'crop': unknown key; did you mean 'fit'?",
        f"{head}.output_order = 'yolo8': must be {orders}; did you mean 'yolov8'?",
        f"{head}.threshold.a = 7: must be a number from 0 to 1",
    ]


def test_a_plugin_without_traits_takes_any(
    install: Callable[[str, str, str], None], tmp_path: Path
) -> None:
    install("any-traits", "[edgenode.plugins]\nany = any_traits:Any\n", """
        from edgenode import plugin

        class Any(plugin.Plugin):
            takes = plugin.Frame
            task = "object-detection"
            def prepare(self, sample): ...
            def decode(self, outputs, sample): ...
    """)  # fmt: skip
    model = own_model(tmp_path, traits="anything = 3")

    faults = checks.traits(registry.plugin("any"), model, ("plugins", "people"))

    assert faults == []


@pytest.mark.parametrize("found", list(manifest.every()), ids=lambda found: found.id)
def test_the_manifests_that_come_with_edgenode_suit_their_plugins(found: Manifest) -> None:
    cls = PLUGINS.get(found.task)
    faults = [fault.problem for fault in checks.traits(cls, found, ("plugins", "x"))] if cls else []

    message = OTHERS.get(found.id)
    assert (message in faults[0]) if message else not faults
