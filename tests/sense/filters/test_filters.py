import tomllib
from pathlib import Path

import pytest

from edgenode import plugin
from edgenode.sense import filters, registry

PROJECT = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text("utf-8"))
DECLARED = PROJECT["project"]["entry-points"]["edgenode.filters"]


def test_every_filter_is_declared_as_an_entry_point() -> None:
    names = {name.replace("-", "_") for name in DECLARED}

    assert names == set(filters.__all__)


@pytest.mark.parametrize("name", sorted(DECLARED))
def test_a_filter_found_by_its_name_is_made_of_its_options(name: str) -> None:
    factory, options = registry.factory(registry.FILTERS, name)
    needed = {"labels": ("yes",)} if name == "labels" else {}

    keep = factory(options(**needed))

    yes = plugin.Result(captured_at=1.0, findings=(plugin.Keyword("yes", 1.0),))
    passed = keep(yes)
    assert passed is not None
    assert [type(finding) for finding in passed.findings] == [plugin.Keyword]
