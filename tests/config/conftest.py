"""A configuration's file, and what is wrong with it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from edgenode import config
from edgenode.errors import ConfigError


@pytest.fixture
def faults() -> Callable[[Path], list[str]]:
    """Return a function that reads a file and returns its faults, without the file's name."""

    def read(path: Path) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            config.read(path)
        return [fault.removeprefix(f"{path}: ") for fault in caught.value.faults]

    return read
