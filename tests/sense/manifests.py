"""The model of a test, with its manifest beside it."""

import hashlib
from pathlib import Path

from edgenode.catalogue import manifest
from edgenode.catalogue.manifest import Manifest

MANIFEST = """
task = "{task}"
title = "A model of a test"
licence = "Apache-2.0"
source = "here"
labels = ["a", "b"]
[files.{kind}]
name = "model.tflite"
url = "https://models.example/model.tflite"
sha256 = "{sha256}"
[input]
shape = {shape}
dtype = "{dtype}"
[traits]
{traits}
"""
USUAL = {
    "task": "object-detection",
    "kind": "cpu",
    "shape": [1, 2, 2, 3],
    "dtype": "uint8",
    "traits": "",
}


def own_model(folder: Path, content: bytes = b"", **declared: object) -> Manifest:
    """Write the model ``own-model`` into *folder* and return its manifest.

    *declared*: ``task``, ``kind`` of file, ``shape`` and ``dtype`` of the input, ``traits``.
    """
    place = folder / "own-model"
    place.mkdir()
    sha256 = hashlib.sha256(content).hexdigest()
    text = MANIFEST.format(sha256=sha256, **USUAL | declared)
    (place / "model.toml").write_text(text)
    (place / "model.tflite").write_bytes(content)
    return manifest.read(place)
