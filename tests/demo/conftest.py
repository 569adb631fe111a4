"""A clip with its truth: a white square that jumps from frame to frame, and two beeps."""

import json
import wave
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

FPS = 10
FRAMES = 30
WIDTH, HEIGHT = 64, 48
SIDE = 16
BEEPS = ((0.5, 0.8), (2.2, 2.6))


def place(number: int) -> tuple[int, int]:
    """Return the column and row of the square's corner: no two frames in a row are alike."""
    return (number * 20) % (WIDTH - SIDE), (number * 12) % (HEIGHT - SIDE)


def truth() -> dict[str, Any]:
    """Return what is to be seen and heard, as in truth.json; the last five frames are empty."""
    frames = [_moment(number) if number < FRAMES - 5 else {} for number in range(FRAMES)]
    words = [{"label": "beep", "start_s": start, "end_s": end} for start, end in BEEPS]
    return {"fps": FPS, "width": WIDTH, "height": HEIGHT, "frames": frames, "words": words}


def _moment(number: int) -> dict[str, Any]:
    left, top = place(number)
    box = [left / WIDTH, top / HEIGHT, (left + SIDE) / WIDTH, (top + SIDE) / HEIGHT]
    middle = [(left + SIDE / 2) / WIDTH, (top + SIDE / 2) / HEIGHT, 1]
    person = {"box": box, "visible": 1.0, "keypoints": [middle] * 17}
    return {"objects": [["square", *box, 1.0]], "people": [person]}


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the clip, laid out as a scene."""
    folder = tmp_path_factory.mktemp("clip")
    _video(folder / "scene.mp4")
    with wave.open(str(folder / "speech.wav"), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(_sound().tobytes())
    (folder / "truth.json").write_text(json.dumps(truth()))
    return folder


def _video(path: Path) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.time_base = WIDTH, HEIGHT, Fraction(1, FPS)
        for number in range(FRAMES):
            pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
            if number < FRAMES - 5:
                left, top = place(number)
                pixels[top : top + SIDE, left : left + SIDE] = 255
            frame = av.VideoFrame.from_ndarray(pixels, "rgb24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _sound() -> np.ndarray[Any, np.dtype[np.int16]]:
    samples = np.zeros(FRAMES * 16_000 // FPS, np.int16)
    for start, end in BEEPS:
        samples[int(start * 16_000) : int(end * 16_000)] = 8000
    return samples
