"""Fixtures every test may use."""

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

SHARED = Path(__file__).parent.parent.parent / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder with models and media beside the repository, or skip."""
    if not (SHARED / "models").is_dir():
        pytest.skip(f"no models and media at {SHARED}")
    return SHARED


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str, str], None]:
    """Return a function that installs a distribution of one module, for the length of the test.

    It takes the distribution's name, its ``entry_points.txt`` and the module's code; the module is
    named as the distribution, with ``_`` for ``-``.
    """

    def add(name: str, entry_points: str, code: str) -> None:
        folder = tmp_path / f"site-{name}"
        about = folder / f"{name.replace('-', '_')}-1.0.dist-info"
        about.mkdir(parents=True)
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (about / "entry_points.txt").write_text(textwrap.dedent(entry_points))
        (folder / f"{name.replace('-', '_')}.py").write_text(textwrap.dedent(code))
        monkeypatch.syspath_prepend(folder)

    return add
