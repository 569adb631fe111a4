"""Formats messages that have arrived: one line of text each."""

import json

import msgspec

from edgenode.backend.arrivals import Arrival
from edgenode.backend.payloads import Payload
from edgenode.messages import (
    Birth,
    Dropped,
    Event,
    Health,
    ResultMessage,
    State,
    Status,
    findings_of,
)
from edgenode.messages.compact import is_packed
from edgenode.text import printable

_BETWEEN_VALUES = dict.fromkeys(map(ord, "\n\r\t"))

LISTED_FINDINGS = 5
"""How many findings a line names; further ones are only counted."""


def line(arrival: Arrival) -> str:
    """Return ``NODE/PLUGIN KIND: TEXT``: one line, without control characters."""
    who = f"{arrival.node}/{arrival.plugin}" if arrival.plugin else arrival.node
    return printable(f"{who} {arrival.kind}: {describe(arrival.message)}")


def verbatim(arrival: Arrival) -> str:
    """Return ``{"topic":...,"payload":...}``: JSON as it arrived, a packed payload as JSON."""
    packed = is_packed(arrival.payload)
    payload = msgspec.json.encode(arrival.message) if packed else arrival.payload
    # These stand between values only: inside its texts JSON has no line ends and no tabs.
    text = payload.decode().translate(_BETWEEN_VALUES)
    # A topic that was subscribed to has no characters that JSON must escape.
    return f'{{"topic":"{arrival.topic}","payload":{_escaped(text)}}}'


def _escaped(text: str) -> str:
    """Return JSON *text* with escapes for what is not printable; it stands for the same value."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else json.dumps(one)[1:-1] for one in text)


def size(amount: float) -> str:
    """Return *amount*, a number of bytes, with a unit: ``2.5 kB``."""
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000 or unit == "GB":  # noqa: PLR2004 SI units
            break
        amount /= 1000
    return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"


def amounts(counts: dict[str, int]) -> str:
    """Return the counts by label, the largest first: ``2 person, 1 tv``."""
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    return printable(", ".join(f"{count} {label}" for label, count in ordered))


def describe(message: Payload) -> str:
    """Return the content of *message* as one line of English."""
    match message:
        case Status(state=state, reason=reason):
            return f"{state} ({reason})"
        case Birth(sw=sw, hw=hw, plugins=plugins):
            return f"edgenode {sw} on {hw.model}, plugins {', '.join(p.id for p in plugins)}"
        case Health():
            return _describe_health(message)
        case State(fate=fate, error=error, counts=counts):
            return f"{fate}: {error}" if error else f"{fate}; {amounts(counts) or 'nothing'}"
        case Dropped(reason=reason, ranges=ranges):
            dropped = sum(last - first + 1 for first, last in ranges)
            return f"{dropped} results or events were dropped ({reason})"
    kind = f"{message.type} " if isinstance(message, Event) else ""
    return kind + _describe_findings(message) + (" (late)" if message.late else "")


def _describe_findings(message: ResultMessage | Event) -> str:
    found = [f"{label} {score:.2f}" for label, score in findings_of(message)]
    more = f" and {len(found) - LISTED_FINDINGS} more" if len(found) > LISTED_FINDINGS else ""
    return ", ".join(found[:LISTED_FINDINGS]) + more or "nothing"


def _describe_health(health: Health) -> str:
    rates = [f"{name} {plugin.fps:g} fps" for name, plugin in health.plugins.items()]
    seen, gone = size(health.ingress.bytes), size(health.egress.bytes)
    return ", ".join([*rates, f"seen {seen}, published {gone}"])
