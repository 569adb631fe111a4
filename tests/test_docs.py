"""The documentation says nothing that does not work."""

import re
import sys
import wave
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest

from edgenode.cli import main
from edgenode.messages import ResultMessage

ROOT = Path(__file__).parent.parent
PAGES = [*ROOT.glob("docs/**/*.md"), ROOT / "systemd/README.md", ROOT / "CONTRIBUTING.md"]


def block(page: str, language: str) -> str:
    text = (ROOT / page).read_text()
    found = re.search(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)\)", page.read_text())

    assert [target for target in targets if not (page.parent / target).exists()] == []
