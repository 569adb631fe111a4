"""``python -m recipes.demo``: renders the demo's clip, or the harder one."""

import argparse
from pathlib import Path

from recipes.demo import crowd, walkthrough
from recipes.demo.clip import SPEECH, TRUTH, VIDEO

HOME = Path(__file__).parents[3] / "edgenode" / "demo" / "scene"


def main() -> None:
    """Render a clip and say where it is."""
    parser = argparse.ArgumentParser(prog="python -m recipes.demo", description=__doc__)
    parser.add_argument("--out", type=Path, help="folder for the clip, else that of the demo")
    parser.add_argument("--hard", action="store_true", help="the harder clip; needs --out")
    parser.add_argument("--short", action="store_true", help="its first seconds; needs --out")
    parser.add_argument("--seed", type=int, default=0, help="of noise and voices (default: 0)")
    asked = parser.parse_args()
    if asked.out is None and (asked.hard or asked.short or asked.seed):
        parser.error("--hard, --short and --seed are not for the demo's own clip: add --out DIR")
    clip = crowd.clip() if asked.hard else walkthrough.clip()
    folder = asked.out or HOME
    (clip.shortened() if asked.short else clip).render(folder, asked.seed)
    size = sum((folder / name).stat().st_size for name in (VIDEO, SPEECH, TRUTH))
    print(f"{folder}: {VIDEO}, {SPEECH}, {TRUTH}; {size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
