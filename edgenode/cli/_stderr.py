"""What else comes to stderr: the TFLite runtime's greeting is hidden, warnings are printed."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

GREETING = b"INFO: Created TensorFlow Lite"


@contextmanager
def without_tflite_greeting() -> Iterator[None]:
    """Hold back what is written to stderr; at the end write all of it except the greeting.

    This includes what native code writes. Use it only while the process has one thread.
    """
    # In memory: there may be no folder to write to.
    with os.fdopen(os.memfd_create("stderr"), "w+b") as held:
        # The runtime writes to file descriptor 2 itself: replacing sys.stderr has no effect on it.
        stderr = os.dup(2)
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            held.seek(0)
            os.write(2, b"".join(line for line in held if not line.startswith(GREETING)))


@contextmanager
def with_warnings() -> Iterator[None]:
    """Print what edgenode logs as a warning or worse, as a command prints its errors."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setLevel(logging.WARNING)
    handler.setFormatter(logging.Formatter("edgenode: %(message)s"))
    logger = logging.getLogger("edgenode")
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
