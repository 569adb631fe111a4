"""``python -m recipes.demo.score --hard DIR``: how right the shipped models are in the demo.

Plays the demo's scene and the harder one, rendered to DIR, as a node plays them, and fills what the
demo says into the cards of the three models.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from recipes.demo.__main__ import HOME
from recipes.shipping import refill, table

CAST = {
    "objects": "starter-detector", "posture": "starter-pose", "words": "starter-keyword",
}  # fmt: skip
"""The demo's plugins and their models."""
FIGURES = ("precision", "recall", "keypoint_error")


def main() -> int:
    """Play both scenes, fill the cards."""
    parser = argparse.ArgumentParser(prog="python -m recipes.demo.score", description=__doc__)
    parser.add_argument("--hard", type=Path, required=True, help="folder of the harder scene")
    asked = parser.parse_args()
    scores = {"the demo's": played(HOME), "the harder one": played(asked.hard)}
    for plugin, model in CAST.items():
        refill(model, {"scenes": block({name: one[plugin] for name, one in scores.items()})})
    return 0


def played(scene: Path) -> dict[str, Any]:
    """Return what the demo says of each plugin when it has played *scene* to its end.

    Raises:
        CalledProcessError: the demo failed.
    """
    command = [sys.executable, "-m", "edgenode", "demo", "--json", "--scene", str(scene)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 our own command
    plugins: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])["plugins"]
    return plugins


def block(scores: Mapping[str, Mapping[str, float | None]]) -> str:
    """Return the table of *scores*, scene by scene; what does not apply to a model is left out."""
    told = [name for name in FIGURES if any(one[name] is not None for one in scores.values())]
    rows = [(scene, *(_told(one[name]) for name in told)) for scene, one in scores.items()]
    return table(("scene", *(name.replace("_", " ") for name in told)), rows)


def _told(figure: float | None) -> str:
    return "-" if figure is None else f"{figure:.3f}"


if __name__ == "__main__":
    sys.exit(main())
