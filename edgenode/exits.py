"""The exit statuses of all commands."""

from enum import IntEnum


class Exit(IntEnum):
    """The exit status of a command."""

    DONE = 0
    """Done, stopped when asked, or all recordings have ended."""
    FAILED = 1
    """Failed; starting it again may help."""
    WRONG = 2
    """Wrong use or configuration: starting it again cannot help."""
    UNREADABLE = 3
    """All recordings have ended, but some could not be read."""
    PLUGIN_FAILED = 4
    """All recordings have ended, but a plugin could not run, or has ended in an error."""
    INTERRUPTED = 130
    """Ended with Ctrl-C."""


FINAL = frozenset({Exit.DONE, Exit.WRONG, Exit.UNREADABLE, Exit.PLUGIN_FAILED})
"""Statuses of sense and uplink that end ``edgenode run``.

Under systemd sense is started again after ``PLUGIN_FAILED``, see its unit: nobody watches there.
"""
