"""The models that come with edgenode were made for the Edge TPU."""

import pytest

from edgenode.catalogue import manifest
from edgenode.catalogue.manifest import Manifest
from edgenode.inspection import flat, rules

STARTERS = [model for model in manifest.every() if model.id.startswith("starter-")]


@pytest.mark.parametrize("model", STARTERS, ids=lambda model: model.id)
def test_all_operators_of_a_starter_model_would_map(model: Manifest) -> None:
    report = rules.check(flat.load(model.folder / model.pins["cpu"].name), model.id)

    assert report.verdict == "ok"
    assert report.mapping.left == ()
