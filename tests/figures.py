"""What was measured of the models that are shipped, as it lies beside them."""

import json
from typing import Any

from edgenode.catalogue import manifest


def figures(name: str, file: str = "figures.json") -> dict[str, Any]:
    found: dict[str, Any] = json.loads((manifest.find(name).folder / file).read_text("utf-8"))
    return found
