"""The built-in triggers; each is a factory with an entry point."""

from edgenode.sense.triggers._pace import pace

__all__ = ["pace"]
