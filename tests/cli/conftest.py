"""`edgenode try` as people use it, with a store of the real models."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from edgenode import messages
from edgenode.catalogue.store import Store
from edgenode.cli import main

PHRASES = ("okay-nabu", "alexa", "hey-jarvis")
MODELS = ("coco-ssd-mobilenet-v1", "movenet-lightning", "mobilenet-v2", "kws-ref", *PHRASES)

Try = Callable[..., tuple[int, list[str], list[str]]]


@pytest.fixture(scope="session")
def store(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Return a store with the real models, pulled."""
    one = Store(tmp_path_factory.mktemp("store"))
    pull = ["models", "pull", *MODELS, "--kind", "cpu", "--kind", "labels"]
    where = ["--mirror", str(shared / "models"), "--store", str(one.folder)]
    assert main([*pull, *where]) == 0
    return one


@pytest.fixture
def bare(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Try:
    """Return a function that tries: its status, the lines it printed, and those on stderr."""

    def run(*words: str | Path) -> tuple[int, list[str], list[str]]:
        status = main(["try", *map(str, words)])
        out, err = capfd.readouterr()
        # TFLite says by itself which delegate it has made.
        printed = [line for line in err.splitlines() if not line.startswith("INFO: ")]
        return status, out.splitlines(), printed

    return run


@pytest.fixture
def attempt(bare: Try, store: Store) -> Try:
    """Return the same with the real models."""
    return lambda plugin, *words: bare(plugin, "--store", store.folder, *words)


@pytest.fixture
def empty(bare: Try, tmp_path: Path) -> Try:
    """Return the same with a store where nothing is pulled."""
    return lambda plugin, *words: bare(plugin, "--store", tmp_path / "empty", *words)


@pytest.fixture
def validated() -> Callable[[str, str], dict[str, Any]]:
    """Return a function that returns what a line of --json says, if it is as in the schema.

    What it adds to the contract's payload has to be there.
    """

    def validate(line: str, topic: str) -> dict[str, Any]:
        schema = messages.schema()
        printed: dict[str, Any] = json.loads(line)
        payload = {key: value for key, value in printed.items() if key not in ("file", "at_s")}
        one = {**schema["topics"][topic], "$defs": schema["$defs"]}
        jsonschema.Draft202012Validator(one).validate(payload)
        assert isinstance(printed["file"], str)
        assert printed["at_s"] >= 0
        return printed

    return validate
