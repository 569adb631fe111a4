"""The README says nothing that does not work."""

import re
import shlex
from pathlib import Path

import pytest

from edgenode import cli
from tests.pages import ROOT, blocks

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
