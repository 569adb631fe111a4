"""The configuration of the demo: recordings in place of sensors, and the plugins that can run."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from edgenode.config import Mqtt
from edgenode.demo.play import CAMERA, Part
from edgenode.demo.supplies import Supplies

NODE = "demo"
RATE_HZ = 5.0
"""Pictures per second: two cores keep up with two models on the CPU."""

HEALTH_S = 1.0


def configuration(supplies: Supplies, mqtt: Mqtt, recorded_at: datetime) -> str:
    """Return the TOML of a node that plays *supplies* and publishes to *mqtt*.

    Where there is a truth to compare with, findings are dated as if the recordings had begun at
    *recorded_at*, and a result is published for each frame that was looked at.
    """
    return "\n".join(_lines(supplies, mqtt, recorded_at))


def _lines(supplies: Supplies, mqtt: Mqtt, recorded_at: datetime) -> Iterator[str]:
    scored = supplies.play.truth is not None
    yield from _table("node", id=NODE, name="the demo")
    yield from _table("mqtt", url=mqtt.url, prefix=mqtt.prefix, protocol=mqtt.protocol)
    # Beside this file: two demos must not share what outlives them.
    yield from _table("outbox", folder="state")
    yield from _table("health", period_s=HEALTH_S)
    yield from _table("models", store=str(supplies.store.folder.absolute()))
    for source in sorted({part.source for part in supplies.parts}):
        paths = [str(path.absolute()) for path in supplies.recordings[source]]
        dated = {"recorded_at": recorded_at} if scored else {}
        loop = supplies.play.loop
        yield from _table(f"sources.{source}", use="replay", path=paths, loop=loop, **dated)
    for part in supplies.parts:
        yield from _plugin(part, scored=scored)


def _plugin(part: Part, *, scored: bool) -> Iterator[str]:
    table = {"use": part.use, "source": part.source, "model": part.model, "device": "cpu"}
    rate = {"rate_hz": RATE_HZ} if part.source == CAMERA else {}
    report = {"report": "all"} if scored and part.source == CAMERA else {}
    return _table(f"plugins.{part.name}", **table, **rate, **report)


def _table(heading: str, **values: object) -> Iterator[str]:
    yield f"[{heading}]"
    for key, value in values.items():
        yield f"{key} = {_toml(value)}"
    yield ""


def _toml(value: object) -> str:
    # Of all else that stands here, JSON is TOML.
    if isinstance(value, datetime):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False)


def write(folder: Path, supplies: Supplies, mqtt: Mqtt, recorded_at: datetime) -> Path:
    """Return the file of the configuration, written into *folder*."""
    path = folder / "edgenode.toml"
    path.write_text(configuration(supplies, mqtt, recorded_at), "utf-8")
    return path
