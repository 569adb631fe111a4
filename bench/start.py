"""The time from the start of a node to its first finding at a subscriber of a real broker.

Beside it the same for `bare_node.py`, which does the least that can be called the same work. Files
are in the page cache, as after a restart by systemd.
"""

import contextlib
import statistics
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

from bed import DETECTOR, PICTURE, POSE, SPEECH, WORDS, Bed, edgenode, script
from figures import Figure

from edgenode.config import Mqtt
from edgenode.mqtt.client import Client
from edgenode.mqtt.inbox import Inbox

TITLE = "start of the process to the first published finding, three plugins with CPU models"
ROUNDS = 5
RATE_HZ = 5.0
LIMIT_S = 30.0


def measure(bed: Bed) -> Iterator[Figure]:
    """Yield the median over the rounds."""
    picture, sound = bed.media(PICTURE), bed.media(SPEECH)
    tables = bed.three_plugins(picture, RATE_HZ)
    files = [picture, sound, *map(bed.model_file, (DETECTOR, POSE, WORDS))]
    node, bare = [], []
    with bed.broker() as url:
        config, port = bed.config(url, tables), urlsplit(url).port
        with _subscribed(url) as inbox:
            # One more: the first round reads all files from the disk, and is left out.
            for _ in range(ROUNDS + 1):
                _empty(inbox)
                started = time.perf_counter()
                with edgenode("run", "--config", str(config)):
                    node.append(_first(inbox) - started)
                _empty(inbox)
                started = time.perf_counter()
                with script("bare_node.py", str(port), *map(str, files)):
                    bare.append(_first(inbox) - started)
    yield Figure(
        what="edgenode run",
        value=statistics.median(node[1:]),
        unit="s",
        at_most=2.0,
        beside={
            "slowest round, s": max(node[1:]),
            "bare_node.py, s": statistics.median(bare[1:]),
            "bare_node.py, slowest round, s": max(bare[1:]),
        },
    )


@contextlib.contextmanager
def _subscribed(url: str) -> Iterator[Inbox]:
    inbox = Inbox()
    client = Client(Mqtt(url=url), "witness", inbox, ("+/result/#", "edgenode/v1/+/result/#"))
    client.start()
    try:
        yield inbox
    finally:
        client.stop()


def _empty(inbox: Inbox) -> None:
    """Take the messages that the process before has left."""
    while inbox.take(0.3) is not None:
        pass


def _first(inbox: Inbox) -> float:
    """Return when the first result of this round came."""
    message = inbox.take(LIMIT_S)
    if message is None:
        raise TimeoutError(f"no finding within {LIMIT_S:g} s; try `edgenode run` by hand")
    return time.perf_counter()
