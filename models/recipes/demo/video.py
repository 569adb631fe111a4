"""Videos: the only module of the recipes that knows PyAV exists."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

from recipes.scenes.arrays import Array

OPTIONS = {"crf": "23", "preset": "slow", "threads": "1", "x264-params": "no-asm=1"}
"""One thread, and none of x264's assembler, whose choices depend on where memory happens to lie:
the same frames give the same bytes."""


def write(path: Path, frames: Iterable[Array], size: tuple[int, int], fps: float) -> None:
    """Write *frames*, RGB uint8 of even width and height *size*, to *path* as H.264."""
    import av

    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=Fraction(fps), options=OPTIONS)
        stream.pix_fmt, (stream.width, stream.height) = "yuv420p", size
        for pixels in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, "rgb24")))
        container.mux(stream.encode(None))
