"""Writes the configuration of the demo's node: replayed recordings and plugins."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from edgenode.config import Mqtt
from edgenode.demo.fetch import Fetched
from edgenode.demo.scenario import CAMERA, PluginCase

NODE = "demo"
RATE_HZ = 5.0
"""Frames per second: two cores are fast enough for two models on the CPU at this rate."""

HEALTH_S = 1.0


def configuration(fetched: Fetched, mqtt: Mqtt, recorded_at: datetime) -> str:
    """Return the TOML of a node that replays the recordings of *fetched* and publishes to *mqtt*.

    If the scenario has a truth, capture times start at *recorded_at*, and a result is published for
    every frame, also for one without findings. The scorer needs both.
    """
    return "\n".join(_lines(fetched, mqtt, recorded_at))


def _lines(fetched: Fetched, mqtt: Mqtt, recorded_at: datetime) -> Iterator[str]:
    scored = fetched.scenario.truth is not None
    yield from _table("node", id=NODE, name="the demo")
    yield from _table("mqtt", url=mqtt.url, prefix=mqtt.prefix, protocol=mqtt.protocol)
    # In the folder of this configuration: two demos must not share stored findings.
    yield from _table("outbox", folder="state")
    yield from _table("health", period_s=HEALTH_S)
    yield from _table("models", store=str(fetched.store.folder.absolute()))
    for source in sorted({case.source for case in fetched.cases}):
        paths = [str(path.absolute()) for path in fetched.recordings[source]]
        dated = {"recorded_at": recorded_at} if scored else {}
        loop = fetched.scenario.loop
        yield from _table(f"sources.{source}", use="replay", path=paths, loop=loop, **dated)
    for case in fetched.cases:
        yield from _plugin(case, scored=scored)


def _plugin(case: PluginCase, *, scored: bool) -> Iterator[str]:
    table = {"use": case.use, "source": case.source, "model": case.model, "device": "cpu"}
    rate = {"rate_hz": RATE_HZ} if case.source == CAMERA else {}
    report = {"report": "all"} if scored and case.source == CAMERA else {}
    return _table(f"plugins.{case.name}", **table, **rate, **report)


def _table(heading: str, **values: object) -> Iterator[str]:
    yield f"[{heading}]"
    for key, value in values.items():
        yield f"{key} = {_toml(value)}"
    yield ""


def _toml(value: object) -> str:
    # For text, numbers, booleans and lists of them, JSON is valid TOML.
    if isinstance(value, datetime):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False)


def write(folder: Path, fetched: Fetched, mqtt: Mqtt, recorded_at: datetime) -> Path:
    """Write the configuration into *folder*; return the path of the file."""
    path = folder / "edgenode.toml"
    path.write_text(configuration(fetched, mqtt, recorded_at), "utf-8")
    return path
