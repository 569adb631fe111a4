import re
import tomllib
from pathlib import Path

import msgspec
import pytest

from edgenode import config
from edgenode.cli import main
from edgenode.config import Tables
from edgenode.sense.planning import plan

SETTING = re.compile(r"^#(?=[a-z])", re.MULTILINE)
EXAMPLE = "# Sources and plugins:"


@pytest.fixture
def text(capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["defaults"]) == 0
    return capsys.readouterr().out


def settings(text: str) -> str:
    return text[: text.index(EXAMPLE)]


def test_the_file_as_it_is_changes_nothing(text: str, tmp_path: Path) -> None:
    file = tmp_path / "edgenode.toml"
    file.write_text(text)

    found = config.read(file)

    assert {name: getattr(found, name) for name in Tables.__struct_fields__} == (
        msgspec.structs.asdict(Tables())
    )


def test_every_setting_that_is_commented_out_is_the_built_in_default(text: str) -> None:
    shown = tomllib.loads(SETTING.sub("", settings(text)))

    built_in = msgspec.to_builtins(Tables())
    assert {
        f"{table}.{key}": value for table, keys in shown.items() for key, value in keys.items()
    } == {
        f"{table}.{key}": list(value) if isinstance(value, tuple) else value
        for table, keys in built_in.items()
        for key, value in keys.items()
        if value is not None
    }


def test_every_key_without_a_default_is_shown_and_said_to_be_unset(text: str) -> None:
    shown = tomllib.loads(re.sub(r"^# (?=\w+ = )", "", settings(text), flags=re.MULTILINE))

    built_in = msgspec.to_builtins(Tables())
    unset = {t: {k for k, v in keys.items() if v is None} for t, keys in built_in.items()}
    assert {t: set(keys) for t, keys in shown.items() if keys} == {
        t: keys for t, keys in unset.items() if keys
    }
    for keys in unset.values():
        for key in keys:
            paragraph = next(p for p in text.split("\n\n") if f"\n# {key} = " in p)
            assert "Not set:" in paragraph


def test_the_examples_are_a_configuration_that_can_run(text: str, tmp_path: Path) -> None:
    example = text[text.index("# [sources.front]") :]
    file = tmp_path / "edgenode.toml"
    file.write_text(re.sub(r"^# ?", "", example, flags=re.MULTILINE))

    faults = plan(config.read(file)).faults()

    assert faults == []
