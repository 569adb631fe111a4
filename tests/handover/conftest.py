"""Fixtures for the handover."""

import os
import resource
from collections.abc import Callable, Iterator

import pytest


@pytest.fixture
def many_files() -> Iterator[Callable[[], None]]:
    """Return a function that opens so many files that the next ones have numbers above 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 2048:
        pytest.skip(f"at most {hard} files may be open here")
    opened: list[int] = []

    def open_many() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2048), hard))
        while not opened or opened[-1] <= 1100:
            opened.append(os.open(os.devnull, os.O_RDONLY))

    yield open_many
    for number in opened:
        os.close(number)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
