"""A source without a sensor and two plugins without a model, found by edgenode by entry point."""

from chequer.agreement import Agreement
from chequer.brightness import Brightness
from chequer.source import Chequer

__all__ = ["Agreement", "Brightness", "Chequer"]
