"""The threads of sense: one per source, one per plugin."""

from edgenode.sense.threads._plugin import PluginThread, Surroundings
from edgenode.sense.threads._source import SourceThread, combine
from edgenode.sense.threads.standing import Standing, Timing

__all__ = ["PluginThread", "SourceThread", "Standing", "Surroundings", "Timing", "combine"]
