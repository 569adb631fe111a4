"""The smallest program that does a node's work: `start` and `memory` compare with it.

    python bench/bare_node.py PORT PICTURES SOUND DETECTOR POSE WORDS [--rate HZ]

One process, one thread: bare interpreters of the three models, pictures by Pillow or PyAV, paho to
publish one number per inference. No plugin, no filter, no configuration, no check of anything.
"""

import argparse
import itertools
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import paho.mqtt.client as mqtt
from numpy.typing import NDArray

try:
    from tflite_runtime.interpreter import Interpreter
except ImportError:
    from ai_edge_litert.interpreter import Interpreter


def main() -> None:
    """Infer and publish without end."""
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("files", nargs=5, type=Path)
    parser.add_argument("--rate", type=float, default=5.0)
    args = parser.parse_args()
    pictures, sound, *models = args.files
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", args.port)
    client.loop_start()
    engines = [Interpreter(model_path=str(path), num_threads=1) for path in models]
    for engine in engines:
        engine.allocate_tensors()
    heard = sound.read_bytes()[44:]
    for picture in shown(pictures):
        due = time.monotonic() + 1 / args.rate
        for engine, size in zip(engines, (300, 192, None), strict=True):
            seen = features(heard) if size is None else resized(picture, size)
            client.publish("bare/result/number", infer(engine, seen), qos=1)
        time.sleep(max(0.0, due - time.monotonic()))


def infer(engine: Any, tensor: NDArray[Any]) -> float:  # noqa: ANN401 the runtimes have no types
    """Return the first number of the last output."""
    engine.set_tensor(engine.get_input_details()[0]["index"], tensor)
    engine.invoke()
    return float(engine.get_tensor(engine.get_output_details()[-1]["index"]).flat[0])


def shown(path: Path) -> Iterator[Any]:
    """Yield pictures of Pillow or PyAV without end."""
    if path.suffix == ".jpg":
        from PIL import Image

        for _ in itertools.count():
            with Image.open(path) as picture:
                yield picture.convert("RGB")
    import av

    while True:
        with av.open(str(path)) as container:
            container.streams.video[0].thread_type = "NONE"
            yield from container.decode(video=0)


def resized(picture: Any, size: int) -> NDArray[np.uint8]:  # noqa: ANN401 of either library
    """Return *picture* as [1, size, size, 3]."""
    if hasattr(picture, "reformat"):
        return np.asarray(picture.reformat(size, size, "rgb24").to_ndarray())[np.newaxis]
    return np.asarray(picture.resize((size, size)))[np.newaxis]


def features(sound: bytes) -> NDArray[np.int8]:
    """Return spectra of the first second: not what the model needs, but as much work."""
    samples = np.frombuffer(sound, np.int16)[:16_000].astype(np.float32)
    spectra = np.abs(np.fft.rfft(samples[: 49 * 320].reshape(49, 320)))[:, :10]
    return np.log1p(spectra).astype(np.int8).reshape(1, 49, 10, 1)


if __name__ == "__main__":
    main()
