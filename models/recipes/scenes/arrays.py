"""Names for what is passed about everywhere here."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Rng: TypeAlias = np.random.Generator
Array: TypeAlias = npt.NDArray[Any]
Pair: TypeAlias = Sequence[float] | Array
"""Two numbers: x and y of a point in pixels, or two radii."""
Pairs: TypeAlias = Sequence[Pair] | Array
Colour: TypeAlias = Array
"""RGB in 0..255, three numbers."""
Quad: TypeAlias = tuple[float, float, float, float]
"""Left, top, right, bottom; or left, top, width, height."""
