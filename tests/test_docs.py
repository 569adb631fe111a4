"""The documentation says nothing that does not work."""

import re
import sys
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from edgenode import plugin
from edgenode.cli import main
from edgenode.messages import ResultMessage
from edgenode.testing import FakeModel, drive, frames
from tests.pages import ROOT, blocks

PAGES = [*ROOT.glob("docs/**/*.md"), ROOT / "systemd/README.md", ROOT / "CONTRIBUTING.md"]


def block(page: str, language: str) -> str:
    return blocks(page, language)[0]


def test_the_result_of_the_page_is_one_of_the_contract() -> None:
    said = msgspec.json.decode(block("docs/mqtt.md", "json"), type=ResultMessage)

    assert [one.label for one in said.categories] == list(said.counts)


def test_the_plugin_of_the_page_is_a_plugin(
    install: Callable[[str, str, str], None],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "level", raising=False)
    entry_points = block("docs/plugins.md", "toml").replace("project.entry-points.", "")
    install("level", entry_points.replace('"', ""), block("docs/plugins.md", "python"))
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(np.array([3, -9, 1, 0], np.int16).tobytes())

    status = main(["try", "level", str(tmp_path / "a.wav")])

    assert (status, capsys.readouterr().out) == (0, "a.wav 0.00 s: level 9\n")


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
