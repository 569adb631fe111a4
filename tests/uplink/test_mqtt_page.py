"""docs/mqtt.md says what a real broker sees, and no figure that the code does not have."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from edgenode import config, messages
from edgenode.handover.protocol import EventRecord, ResultRecord
from edgenode.messages import Fate

if TYPE_CHECKING:
    from tests.uplink.conftest import Site

PAGE = (Path(__file__).parent.parent.parent / "docs/mqtt.md").read_text()
TABLE = re.findall(r"^\| `([^`]+)` \| (\d) \| (yes|no) \| (never|\d+ s) \|", PAGE, re.MULTILINE)
ROWS = {topic: (qos, retained, expires) for topic, qos, retained, expires in TABLE}


def spelt(topic: str) -> str:
    """Return a topic below the node as the page spells it."""
    kind, _, last = topic.partition("/")
    return f"{kind}/{{plugin}}" if last not in ("", "_outbox") else topic


def test_the_page_has_every_topic_and_every_fate() -> None:
    assert [topic.replace("/{plugin}", "") for topic in ROWS] == list(messages.SENT)
    assert all(f"`{fate}`" in PAGE for fate in get_args(Fate))


def test_a_broker_sees_what_the_page_says(
    site: "Site", finding: Callable[..., ResultRecord], until: Callable[..., None]
) -> None:
    seen_by = site.consumer()
    gate = site.gate()
    gate.shut()
    one = site.uplink(outbox=config.Outbox(messages=10))
    sense = site.sense()
    event = EventRecord(plugin="words", captured_at=1.0, type="keyword", label="yes", score=0.9)
    for number in range(1, 21):
        sense.offer(number, finding() if number % 2 else event)
    until(lambda: one._outbox.health().dropped == 10)

    gate.open()
    seen_by.wait_for_topic("state/people")
    seen_by.wait_for_topic("event/_outbox")
    seen_by.wait_for_topic("event/words")
    seen_by.wait_for_topic("health")
    latecomer = site.consumer()
    latecomer.wait_until(lambda found: len(found) >= 3)

    prefix = "edgenode/v1/n1/"
    kept = {spelt(message.topic.removeprefix(prefix)) for message in latecomer.messages}
    for message in seen_by.messages:
        qos, retained, expires = ROWS[spelt(message.topic.removeprefix(prefix))]
        assert message.qos == int(qos)
        assert (spelt(message.topic.removeprefix(prefix)) in kept) == (retained == "yes")
        most = None if expires == "never" else int(expires.removesuffix(" s"))
        assert message.expires_s == most or 0 < most - message.expires_s < 30
