"""The triggers that come with edgenode, each a factory found by its entry point."""

from edgenode.sense.triggers._pace import pace

__all__ = ["pace"]
