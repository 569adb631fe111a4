"""The built-in filters; each is a factory with an entry point."""

from edgenode.sense.filters._choice import best, labels, threshold
from edgenode.sense.filters._pace import presence, refractory, report_by_exception, throttle
from edgenode.sense.filters._smoothing import smoothing

__all__ = [
    "best",
    "labels",
    "presence",
    "refractory",
    "report_by_exception",
    "smoothing",
    "threshold",
    "throttle",
]
