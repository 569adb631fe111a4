"""Fixtures every test may use."""

from pathlib import Path

import pytest

SHARED = Path(__file__).parent.parent.parent / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder with models and media beside the repository, or skip."""
    if not (SHARED / "models").is_dir():
        pytest.skip(f"no models and media at {SHARED}")
    return SHARED
