"""Real models as their plugins get them, and speech for them."""

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgenode import plugin
from edgenode.accelerator.interpreter import Interpreter
from edgenode.catalogue.manifest import Manifest


def model_of(card: Manifest, made: Interpreter) -> plugin.Model:
    """Return the model of that manifest, with the tensors of its interpreter."""
    return plugin.Model(
        id=card.id,
        labels=card.labels,
        input=made.inputs[0],
        outputs=made.outputs,
        traits=card.traits,
    )


def read(path: Path) -> NDArray[np.int16]:
    """Return the samples of a WAV file that needs no conversion."""
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16_000, 1, 2)
        return np.frombuffer(file.readframes(file.getnframes()), np.int16)
