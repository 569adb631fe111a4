"""The configuration of the demo: recordings that loop, and the plugins that can run."""

import json
from collections.abc import Iterator
from pathlib import Path

from edgenode.config import Mqtt
from edgenode.demo.supplies import Supplies

NODE = "demo"
RATE_HZ = 5.0
"""Pictures per second: two cores keep up with two models on the CPU."""

HEALTH_S = 1.0


def configuration(supplies: Supplies, mqtt: Mqtt) -> str:
    """Return the TOML of a node that plays *supplies* and publishes to *mqtt*."""
    return "\n".join(_lines(supplies, mqtt))


def _lines(supplies: Supplies, mqtt: Mqtt) -> Iterator[str]:
    yield from _table("node", id=NODE, name="the demo")
    yield from _table("mqtt", url=mqtt.url, prefix=mqtt.prefix, protocol=mqtt.protocol)
    yield from _table("health", period_s=HEALTH_S)
    yield from _table("models", store=str(supplies.store.folder.absolute()))
    for source in sorted({part.source for part in supplies.parts}):
        paths = [str(path.absolute()) for path in supplies.recordings[source]]
        yield from _table(f"sources.{source}", use="replay", path=paths, loop=True)
    for part in supplies.parts:
        table = {"use": part.use, "source": part.source, "model": part.model, "device": "cpu"}
        rate = {"rate_hz": RATE_HZ} if part.source == "camera" else {}
        yield from _table(f"plugins.{part.name}", **table, **rate)


def _table(heading: str, **values: object) -> Iterator[str]:
    yield f"[{heading}]"
    for key, value in values.items():
        # Of what stands here, JSON is TOML.
        yield f"{key} = {json.dumps(value, ensure_ascii=False)}"
    yield ""


def write(folder: Path, supplies: Supplies, mqtt: Mqtt) -> Path:
    """Return the file of the configuration, written into *folder*."""
    path = folder / "edgenode.toml"
    path.write_text(configuration(supplies, mqtt), "utf-8")
    return path
