"""Keeps the TFLite runtime's greeting off the terminal: it is no news before every answer."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

GREETING = b"INFO: Created TensorFlow Lite"


@contextmanager
def hushed() -> Iterator[None]:
    """Hold back what is written to stderr, native code's too; then let all out but the greeting.

    For a program's only thread.
    """
    with tempfile.TemporaryFile() as held:
        stderr = os.dup(2)
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            held.seek(0)
            os.write(2, b"".join(line for line in held if not line.startswith(GREETING)))
