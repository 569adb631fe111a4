"""Writes drawn frames into a folder: a picture as a picture, a film as a film or as pictures."""

from collections.abc import Sequence
from itertools import chain, count
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import numpy as np

from edgenode.cli._drawing import Palette, draw
from edgenode.cli._film import Film
from edgenode.errors import ConfigError
from edgenode.plugin import Finding, Frame

if TYPE_CHECKING:
    from PIL.Image import Image


class Drawings:
    """The drawings of one run: no two have one name, whatever their pictures are called.

    Whether a frame is a picture or the first of a film is known when the next one comes: until then
    it is held.
    """

    def __init__(self, folder: Path, *, films: bool) -> None:
        """*films*: whether the frames of a film become a film again."""
        self._folder = folder
        self._films = films
        self._palette = Palette()
        self._stems: set[str] = set()
        self._held: tuple[Frame, Image] | None = None
        self._target: _Film | _Frames | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Write what is held, and end the film."""
        self.end()

    def add(self, frame: Frame, findings: Sequence[Finding]) -> None:
        """Draw *findings* on *frame*; raise ``ConfigError`` where it cannot be written."""
        picture = draw(frame, findings, self._palette)
        if self._held is not None and not _follows(frame, self._held[0]):
            self.end()
        if self._held is not None:
            self._write(*self._held)
        self._held = frame, picture

    def end(self) -> None:
        """Write what is held: no further frame of this file comes."""
        held, self._held = self._held, None
        if held is None:
            return
        if self._target is None:
            _save(held[1], self._folder / f"{self._stem(held[0])}.png")
            return
        self._write(*held)
        target, self._target = self._target, None
        target.end()

    def _write(self, frame: Frame, picture: "Image") -> None:
        if self._target is None:
            begin = _Film if self._films else _Frames
            self._target = begin(self._folder, self._stem(frame))
        self._target.add(picture, frame.at_s or 0.0)

    def _stem(self, frame: Frame) -> str:
        """Return a name for what is drawn of *frame*'s file that nothing else has."""
        origin = Path(frame.origin)
        numbered = (f"{origin.stem}-{number}" for number in count(2))
        for stem in chain((origin.stem, origin.name), numbered):
            # Some file systems do not tell capitals from small letters.
            if stem.casefold() not in self._stems:
                break
        self._stems.add(stem.casefold())
        return stem


class _Frames:
    """The frames of a film as pictures, numbered."""

    def __init__(self, folder: Path, stem: str) -> None:
        self._folder, self._stem = folder, stem
        self._numbers = count()

    def add(self, picture: "Image", at_s: float) -> None:  # noqa: ARG002 as of a film
        _save(picture, self._folder / f"{self._stem}-{next(self._numbers):06d}.jpg")

    def end(self) -> None:
        """Do nothing: each is written."""


class _Film:
    """The frames of a film as a film."""

    def __init__(self, folder: Path, stem: str) -> None:
        self._path = folder / f"{stem}.mp4"
        self._film = Film(self._path)
        self._began_s: float | None = None

    def add(self, picture: "Image", at_s: float) -> None:
        self._began_s = at_s if self._began_s is None else self._began_s
        try:
            self._film.add(np.asarray(picture), at_s - self._began_s)
        except OSError as error:
            raise unwritable(self._path, error) from error

    def end(self) -> None:
        try:
            self._film.close()
        except OSError as error:
            raise unwritable(self._path, error) from error


def unwritable(path: Path, error: OSError) -> ConfigError:
    """Return (do not raise) the error for a place where nothing can be drawn."""
    return ConfigError([f"--draw: {str(path)!r}: {error.strerror}; name a folder you may write"])


def _save(picture: "Image", path: Path) -> None:
    try:
        picture.save(path)
    except OSError as error:
        raise unwritable(path, error) from error


def _follows(frame: Frame, before: Frame) -> bool:
    later = (frame.at_s or 0.0) > (before.at_s or 0.0)
    return later and frame.origin == before.origin and frame.pixels.shape == before.pixels.shape
