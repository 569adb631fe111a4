import importlib.metadata
import tomllib
from pathlib import Path

import edgenode

PROJECT = Path(__file__).parent.parent / "pyproject.toml"


def test_the_installed_package_has_the_version_of_the_source() -> None:
    assert importlib.metadata.version("edgenode") == edgenode.__version__


def test_the_version_stands_in_one_place() -> None:
    project = tomllib.loads(PROJECT.read_text())

    assert "version" not in project["project"]
    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["hatch"]["version"] == {"path": "edgenode/__init__.py"}
