"""``python -m recipes.scenes sheet.png``: a contact sheet of scenes, to see what is rendered."""

import argparse
from pathlib import Path

import cv2

from recipes.scenes import detection_scene, pose_scene, scenes
from recipes.scenes.sheet import sheet

MAKERS = {"detection": detection_scene, "pose": pose_scene}


def main() -> None:
    """Render the sheet."""
    parser = argparse.ArgumentParser(prog="python -m recipes.scenes", description=__doc__)
    parser.add_argument("picture", type=Path, help="file to write: .png or .jpg")
    parser.add_argument("--kind", choices=MAKERS, default="detection")
    parser.add_argument("--rows", type=int, default=3)
    parser.add_argument("--columns", type=int, default=6)
    parser.add_argument("--size", type=int, default=160, help="side of a picture")
    parser.add_argument("--seed", type=int, default=0, help="of the first scene")
    asked = parser.parse_args()
    seeds = range(asked.seed, asked.seed + asked.rows * asked.columns)
    drawn = sheet(scenes(MAKERS[asked.kind], asked.size, seeds), asked.columns, enlarged=1)
    written = (cv2.IMWRITE_JPEG_QUALITY, 80)
    if not cv2.imwrite(str(asked.picture), drawn[..., ::-1], written):
        parser.error(f"{str(asked.picture)!r} cannot be written: name a .png or .jpg in a folder")


if __name__ == "__main__":
    main()
