"""The documentation says nothing that does not work."""

import os
import re
import subprocess
import sys
import wave
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pytest

from edgenode import plugin
from edgenode.catalogue import manifest
from edgenode.errors import ModelError
from edgenode.messages import ResultMessage
from edgenode.testing import FakeModel, drive, frames
from tests.pages import ROOT, blocks

if TYPE_CHECKING:
    from tests.brokers import Mosquitto

PAGES = [*ROOT.glob("docs/**/*.md"), ROOT / "systemd/README.md", ROOT / "CONTRIBUTING.md"]


def block(page: str, language: str) -> str:
    return blocks(page, language)[0]


def test_the_result_of_the_page_is_one_of_the_contract() -> None:
    said = msgspec.json.decode(block("docs/mqtt.md", "json"), type=ResultMessage)

    assert [one.label for one in said.categories] == list(said.counts)


def test_the_plugin_of_the_page_is_a_plugin_copied_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "level.py").write_text(block("docs/plugins.md", "python"))
    (tmp_path / "pyproject.toml").write_text(block("docs/plugins.md", "toml"))
    site = tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    pip += ["--no-deps", "--no-build-isolation", "--no-index", "--target", str(site)]
    subprocess.run([*pip, str(tmp_path)], check=True, timeout=100)
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(np.array([3, -9, 1, 0], np.int16).tobytes())

    attempt = [sys.executable, "-m", "edgenode", "try", "level", str(tmp_path / "a.wav")]
    env = {**os.environ, "PYTHONPATH": f"{site}:{ROOT}"}
    tried = subprocess.run(attempt, env=env, capture_output=True, text=True, check=True)

    assert tried.stdout == "a.wav 0.00 s: level 9\n"


def test_the_manifest_of_the_page_is_one_and_has_no_key_too_many(tmp_path: Path) -> None:
    (text,) = [one for one in blocks("docs/plugins.md", "toml") if "[files.cpu]" in one]
    needed = text.partition("[traits]")[0].splitlines()
    keys = [line for line in needed if " = " in line and not line.startswith("labels")]
    folder = tmp_path / "wasps"
    folder.mkdir()
    page = folder / "model.toml"
    page.write_text(text)

    found = manifest.read(folder)

    assert (found.id, found.task) == ("wasps", "object-detection")
    assert found.labels == ("wasp", "bee")
    for key in keys:
        page.write_text(text.replace(key, ""))
        with pytest.raises(ModelError):
            manifest.read(folder)


def test_the_subscriber_of_the_page_subscribes(
    broker: "Mosquitto", publish: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    status = (
        b'{"v":1,"state":"online","reason":"boot","ts":1700000000000,"run":"5f3a9c1e02b7","conn":1}'
    )
    publish(broker.url, "edgenode/v1/dock/status", status, retain=True)
    code = blocks("docs/mqtt.md", "python")[1].replace("mqtt://localhost:1883", broker.url)

    exec(code, {})  # noqa: S102 our own page

    assert capsys.readouterr().out.startswith("dock status ")


def test_the_filter_of_the_page_adds_a_happening_once() -> None:
    namespace: dict[str, Any] = {}
    exec(blocks("docs/plugins.md", "python")[1], namespace)  # noqa: S102 our own page
    keep = namespace["dwell"](namespace["Dwell"](seconds=2.0))
    seen = (plugin.Measurement("people", 1.0),)

    found = [keep(plugin.Result(captured_at=float(at), findings=seen)).findings for at in range(5)]

    happened = [finding for each in found for finding in each if finding not in seen]
    assert happened == [plugin.Happening("update", "person", 1.0, dur_ms=2000)]


def test_the_source_of_the_page_is_a_source(tmp_path: Path) -> None:
    namespace: dict[str, Any] = {}
    exec(blocks("docs/plugins.md", "python")[2], namespace)  # noqa: S102 our own page
    file = tmp_path / "frames"
    file.write_bytes(bytes(2 * 32 * 24))

    with namespace["Thermal"](namespace["ThermalOptions"](file=str(file))) as source:
        shapes = [frame.pixels.shape for frame in source.samples()]

    assert shapes == [(24, 32, 1)] * 2
    with pytest.raises(plugin.DeviceError, match=r"no thermal camera: .*; attach it"):
        namespace["Thermal"](namespace["ThermalOptions"](file="/nowhere")).open()


def test_the_traits_of_the_page_are_typed() -> None:
    namespace: dict[str, Any] = {}
    exec(blocks("docs/plugins.md", "python")[3], namespace)  # noqa: S102 our own page
    spec = plugin.TensorSpec(name="in", shape=(2, 2), dtype="float32")
    model = FakeModel([[np.array([0.5])]], spec, traits={"factor": 3})
    scale = namespace["Scale"](plugin.PluginOptions(source="front"), model.model)

    (result,) = drive(scale, frames([np.zeros((2, 2, 3), np.uint8)]), model)

    assert result.findings == (plugin.Measurement("weight_kg", 1.5),)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)\)", page.read_text())

    assert [target for target in targets if not (page.parent / target).exists()] == []
