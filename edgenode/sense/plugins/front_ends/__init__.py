"""Front-ends: they turn audio into the features on which a keyword model was trained."""

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from edgenode import plugin
from edgenode.sense.plugins.front_ends.log_mel import LogMel
from edgenode.sense.plugins.front_ends.mfcc import Mfcc
from edgenode.sense.plugins.front_ends.micro import MicroFrontend


class FrontEnd(Protocol):
    """Turns windows into features. One per pipeline; it may keep data of the previous window.

    Attributes:
        cut: the window it needs and its default hop, in samples.
        shape: of the features; the first axis is frames.
        streams: the model keeps state, so it must receive every hop once (window = hop).
    """

    cut: plugin.Cut
    shape: tuple[int, ...]
    streams: bool

    def features(self, audio: plugin.Audio) -> NDArray[np.float32] | None:
        """Return real values in ``shape``; None if the window has too few frames."""

    def reset(self) -> None:
        """Forget the previous window: the stream was interrupted."""


FRONT_ENDS: dict[str, Callable[[plugin.TensorSpec], FrontEnd]] = {
    "log-mel": lambda _: LogMel(),
    "mfcc": lambda _: Mfcc(),
    "micro-frontend": lambda spec: MicroFrontend(steps=spec.shape[1]),
}
"""By ``front_end`` of the manifest: the function that makes it for the model's input."""
