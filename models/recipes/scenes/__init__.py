"""The renderer: scenes of people and things with their truth, from a seed.

``detection_scene`` and ``pose_scene`` are functions of a generator and a size; ``render`` makes
many of them over several processes.
"""

import cv2

from recipes.scenes.batch import render, scenes
from recipes.scenes.compose import detection_scene, pose_scene
from recipes.scenes.scene import LABELS, REQUIRED_VISIBLE, Object, Person, Scene
from recipes.scenes.skeleton import MIRRORED

__all__ = [
    "LABELS", "MIRRORED", "REQUIRED_VISIBLE", "Object", "Person", "Scene", "detection_scene",
    "pose_scene", "render", "scenes",
]  # fmt: skip

# A process draws on its own core; OpenCV's threads would take those of the others.
cv2.setNumThreads(1)
