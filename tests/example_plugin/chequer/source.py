"""A source of frames that needs no sensor: a dark board with one bright field that moves."""

import threading
import time
from collections.abc import Iterator
from typing import Annotated

import numpy as np
from msgspec import Meta

from edgenode import plugin

FIELD = 40
"""Pixels; the length of a field's side."""


class ChequerOptions(plugin.Options, frozen=True, kw_only=True):
    """A table under ``[sources]`` with ``use = "chequer"``."""

    fields: Annotated[int, Meta(description="fields along each side", ge=2, le=16)] = 8
    rate_hz: Annotated[float, Meta(description="frames per second", gt=0, le=100)] = 10.0
    frames: Annotated[
        Annotated[int, Meta(ge=1)] | None, Meta(description="end after so many; none: never")
    ] = None


class Chequer(plugin.Source[ChequerOptions]):
    """A dark board whose bright field is one further in each frame."""

    Options = ChequerOptions
    yields = plugin.Frame

    def open(self) -> None:
        """Open: there is nothing to open, and nothing that could fail."""
        self._closed = threading.Event()

    def close(self) -> None:
        """Close."""
        self._closed.set()

    def samples(self) -> Iterator[plugin.Frame]:
        """Yield frames at the rate of the options, ``frames`` of them or for ever."""
        place = 0
        while self.options.frames is None or place < self.options.frames:
            yield plugin.Frame(pixels=board(self.options.fields, place), captured_at=time.time())
            self._closed.wait(1.0 / self.options.rate_hz)
            place += 1


def board(fields: int, place: int) -> plugin.Tensor:
    """Return the picture, uint8 [side, side, 3], with the bright field at *place*."""
    pixels = np.full((fields * FIELD, fields * FIELD, 3), 16, np.uint8)
    row, column = divmod(place % (fields * fields), fields)
    pixels[row * FIELD : (row + 1) * FIELD, column * FIELD : (column + 1) * FIELD] = 240
    return pixels
