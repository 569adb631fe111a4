"""Real pictures and videos, where there are any beside the clone, and models that know them.

The starter models learnt nothing from these: they tell how far rendered scenes lead. What a
catalogued model sees stands in for truth.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image

from edgenode import plugin
from edgenode.catalogue import manifest
from edgenode.catalogue.store import Store
from recipes.scenes.arrays import Array
from recipes.vision.node import About, OnNode

STILLS = (
    "test_couple.jpg",
    "kite_and_cold.jpg",
    "grace_hopper.bmp",
    "cat_720p.jpg",
    "hotdog_test_0.bmp",
)
FILMS = ("one-by-one-person-detection.mp4", "bottle-detection.mp4")
EVERY_S = 1.0
"""A frame of a film is looked at so often."""


def stills(media: Path) -> dict[str, Array]:
    """Return the pictures by name, RGB."""
    return {name: np.asarray(Image.open(media / "images" / name).convert("RGB")) for name in STILLS}


def film(media: Path, name: str) -> list[Array]:
    """Return a frame of each second of film *name*, RGB."""
    frames, due = [], 0.0
    with av.open(str(media / "video" / name)) as container:
        for frame in container.decode(video=0):
            if frame.time is not None and frame.time >= due:
                frames.append(frame.to_ndarray(format="rgb24"))
                due += EVERY_S
    return frames


def catalogued(
    name: str, store: Store, plugged: Callable[[plugin.Model], plugin.Plugin[Any, plugin.Frame]]
) -> OnNode:
    """Return model *name* of edgenode's catalogue, pulled to *store* or beside its manifest."""
    card = manifest.find(name)
    traits: Mapping[str, Any] = card.traits
    about = About(name, store.labels(card), traits)
    return OnNode(store.read(card, "cpu"), about, plugged)


def squared(picture: Array, side: int) -> Array:
    """Return *picture*, no larger than that, in the top left of a black square of *side*."""
    square = np.zeros((side, side, 3), np.uint8)
    square[: picture.shape[0], : picture.shape[1]] = picture
    return square
