"""Hides the line that the TFLite runtime prints to stderr whenever it starts."""

import os
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
