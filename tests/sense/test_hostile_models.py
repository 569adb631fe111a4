"""A model file that crashes the runtime is the fate of its plugin; sense and the others go on."""

import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from edgenode import plugin
from edgenode.sense.plan import PluginPlan
from edgenode.sense.sense import Sense
from tests.frames import Count
from tests.hostile_models import CRASHES, EIGHT_BYTES, WORKS
from tests.sense.manifests import own_model
from tests.sense.plans import Gated, fates, reader, source


class WithModel(Count):
    """Says that there was a frame; has a model."""

    task = "of-the-test"


def with_model(folder: Path, name: str, content: bytes, shape: list[int]) -> PluginPlan:
    (folder / name).mkdir()
    options = plugin.PluginOptions(source="front", model="own-model")
    manifest = own_model(folder / name, content, task="of-the-test", shape=shape)
    return PluginPlan(name=name, use="own", cls=WithModel, options=options, manifest=manifest)


@pytest.mark.parametrize("content", [CRASHES, EIGHT_BYTES], ids=["crash", "8 bytes"])
def test_the_plugin_of_a_hostile_model_ends_and_the_others_go_on(
    sense: Callable[..., Sense],
    until: Callable[..., None],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    content: bytes,
) -> None:
    caplog.set_level(logging.INFO)
    said: list[object] = []
    front = Gated()
    plans = [with_model(tmp_path, "bad", content, [1, 8]), reader("healthy")]

    one = sense([source(front)], plans, said.append)
    until(lambda: fates(one)["bad"][0] == "model-error", limit=60)
    front.gate.release()
    until(lambda: said)

    error = fates(one)["bad"][1]
    assert error.startswith("model 'own-model'")
    assert fates(one)["healthy"] == ("running", "")
    lines = [record.getMessage() for record in caplog.records]
    assert "plugin 'bad': loading model 'own-model'" in lines
    assert f"plugin 'bad': {error}" in lines


def test_two_plugins_of_one_new_model_try_it_once(
    sense: Callable[..., Sense],
    until: Callable[..., None],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    content = WORKS + b"\0of this test"
    plans = [with_model(tmp_path, name, content, [1, 4, 4, 3]) for name in ("one", "two")]

    one = sense([source(Gated())], plans)
    until(lambda: {fate for fate, _ in fates(one).values()} == {"running"}, limit=60)

    new = [record for record in caplog.records if "is new here" in record.getMessage()]
    assert len(new) == 1
