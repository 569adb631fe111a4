import json
from collections.abc import Callable

import pytest

from edgenode.cli import main


def test_everything_installed_is_listed_with_what_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["plugins"])

    lines = capsys.readouterr().out.splitlines()
    assert status == 0
    assert any(line.split()[:3] == ["plugin", "object-detection", "edgenode"] for line in lines)
    assert any(line.startswith("source  camera ") for line in lines)
    assert any(line.startswith("filter  throttle ") for line in lines)
    assert any(line.startswith("trigger pace ") for line in lines)


def test_what_does_not_load_is_shown_and_the_rest_is_listed(
    install: Callable[[str, str, str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    install("halting", "[edgenode.plugins]\nhalting = halting:X\n", "import no_such_driver\n")

    status = main(["plugins", "--json"])

    listed = {entry["name"]: entry for entry in json.loads(capsys.readouterr().out)}
    assert status == 0
    assert listed["halting"]["from"] == "halting 1.0"
    assert "No module named 'no_such_driver'" in listed["halting"]["error"]
    assert listed["throttle"]["error"] == ""


def test_the_options_of_one_are_shown_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["plugins", "object-detection"])

    text = capsys.readouterr().out
    assert status == 0
    assert "  source (required)\n      text: name of a table under [sources]\n" in text
    assert "  model (required)\n" in text
    assert "  sources " not in text
    assert (
        "  rate_hz (not set)\n      a number from 0.0001 to 1000: most inferences per second"
        in text
    )
    assert '  device = "auto"\n' in text


def test_the_options_of_one_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    main(["plugins", "throttle", "--json"])

    (entry,) = json.loads(capsys.readouterr().out)
    assert entry["options"] == [
        {
            "name": "seconds",
            "type": "a number above 0",
            "required": False,
            "default": 1.0,
            "description": "least time between two results",
        }
    ]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("throtle", "did you mean the filter 'throttle'?"),
        ("nothing", "did you mean the filter 'smoothing'?"),
        ("camra", "did you mean the source 'camera'?"),
        ("x", "see `edgenode plugins`"),
    ],
)
def test_an_unknown_name_is_told_with_the_nearest_and_what_that_is(
    name: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["plugins", name])

    message = f"no source, plugin, trigger or filter {name!r} is installed; {hint}\n"
    assert status == 1
    assert message in capsys.readouterr().err


def test_every_option_of_everything_built_in_says_what_it_means(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(["plugins", "--json"])
    names = {entry["name"] for entry in json.loads(capsys.readouterr().out)}
    silent = []
    for name in names:
        main(["plugins", name, "--json"])
        for entry in json.loads(capsys.readouterr().out):
            options = entry.get("options", [])
            silent += [f"{name}.{o['name']}" for o in options if not o["description"]]

    assert silent == []
