"""The README says nothing that does not work."""

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edgenode import cli, config
from edgenode.sense.plan import SourcePlan
from edgenode.sense.planning import plan
from tests.pages import ROOT, blocks

if TYPE_CHECKING:
    from tests.brokers import Consumer, Mosquitto

README = (ROOT / "README.md").read_text()


def commands() -> list[str]:
    lines = "".join(blocks("README.md", "console")).splitlines()
    return [line.removeprefix("$ ") for line in lines if line.startswith("$ edgenode")]


def test_the_configuration_passes_the_check(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (example,) = blocks("README.md", "toml")
    path = tmp_path / "edgenode.toml"
    path.write_text(example)

    status = cli.main(["check", str(path)])

    assert (status, capsys.readouterr().err) == (0, "")


def test_the_configuration_for_a_laptop_finds_things_and_words_again_and_again(
    tmp_path: Path, broker: "Mosquitto", consumer: Callable[..., "Consumer"]
) -> None:
    (tmp_path / "edgenode").symlink_to(ROOT / "edgenode")
    file = Path(shutil.copytree(ROOT / "docs", tmp_path / "docs")) / "laptop.toml"
    drop_in = tmp_path / "docs/laptop.d/broker.toml"
    drop_in.parent.mkdir()
    drop_in.write_text(f'[mqtt]\nurl = "{broker.url}"\n')
    seen_by = consumer(broker.url)

    with subprocess.Popen([sys.executable, "-m", "edgenode", "run", str(file)]) as node:
        try:
            for topic in ("result/objects", "result/posture", "event/words"):
                seen_by.wait_for_topic(f"edgenode/v1/laptop/{topic}")
        finally:
            node.terminate()

    assert node.returncode == 0
    sources = plan(config.read(file)).sources.values()
    assert [source.ends for source in sources if isinstance(source, SourcePlan)] == [False] * 2


@pytest.mark.parametrize("command", commands())
def test_every_command_is_one_the_parser_takes(command: str) -> None:
    parsed = cli.parser().parse_args(shlex.split(command)[1:])

    assert callable(parsed.run)


def test_every_link_leads_somewhere() -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", README)

    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_the_output_of_the_demo_is_on_its_page() -> None:
    assert (ROOT / "docs/demo.txt").read_text().rstrip() in (ROOT / "docs/demo.md").read_text()
