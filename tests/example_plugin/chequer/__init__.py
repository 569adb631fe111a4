"""A source without a sensor and a plugin without a model, found by edgenode by entry point."""

from chequer.brightness import Brightness
from chequer.source import Chequer

__all__ = ["Brightness", "Chequer"]
