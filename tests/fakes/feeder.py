"""Plays raw int16 samples into a FIFO, in time: the sound behind ALSA's file plugin.

Usage: feeder.py RAW FIFO CHUNK_SAMPLES RATE. The recording loops. Stop it (SIGSTOP) and the
device stalls; kill it and the FIFO ends.
"""

import fcntl
import os
import sys
import time
from pathlib import Path

SMALLEST_PIPE = 4096


def main() -> None:
    """Write one chunk every ``chunk / rate`` seconds, for ever."""
    raw = Path(sys.argv[1]).read_bytes()
    samples, rate = int(sys.argv[3]), int(sys.argv[4])
    size = samples * 2
    pipe = os.open(sys.argv[2], os.O_RDWR)  # both ends: opening does not wait for a reader
    fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, max(SMALLEST_PIPE, size))
    loop = raw + raw[:size]
    at, due = 0, time.perf_counter()
    while True:
        os.write(pipe, loop[at : at + size])  # within PIPE_BUF: whole or not at all
        at = (at + size) % len(raw)
        due = max(due + samples / rate, time.perf_counter() - samples / rate)
        time.sleep(max(due - time.perf_counter(), 0.0))


if __name__ == "__main__":
    main()
