"""Front-ends: what turns audio into the features a keyword model was trained on."""

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from edgenode import plugin
from edgenode.sense.plugins.front_ends.log_mel import LogMel
from edgenode.sense.plugins.front_ends.mfcc import Mfcc
from edgenode.sense.plugins.front_ends.micro import MicroFrontend


class FrontEnd(Protocol):
    """Turns windows into features. One per pipeline; may remember the window before.

    Attributes:
        cut: the window it needs and the hop it likes, in samples.
        shape: of the features, frames first.
        streams: the model remembers, so that it must be given every hop once (window = hop).
    """

    cut: plugin.Cut
    shape: tuple[int, ...]
    streams: bool

    def features(self, audio: plugin.Audio) -> NDArray[np.float32] | None:
        """Return real values in ``shape``, None as long as the window gives too few frames."""

    def reset(self) -> None:
        """Forget the window before: the stream was interrupted."""


FRONT_ENDS: dict[str, Callable[[plugin.TensorSpec], FrontEnd]] = {
    "log-mel": lambda _: LogMel(),
    "mfcc": lambda _: Mfcc(),
    "micro-frontend": lambda spec: MicroFrontend(steps=spec.shape[1]),
}
"""By the manifest's ``front_end``, made for the model's input."""
