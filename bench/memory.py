"""Memory of a node with three CPU models on replayed video and speech, and whether it grows.

PSS, from /proc: a page that several processes share counts in parts. It is the lower the more other
programs on the machine use the same libraries; RSS stands beside it. So does `bare_node.py`, which
does the least that can be called the same work. Run it as root: nobody else may look into a node.
"""

import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from bed import DETECTOR, POSE, SPEECH, VIDEO, WORDS, Bed, edgenode, script
from figures import Figure

TITLE = "memory after 20 s, three plugins with CPU models"
RATE_HZ = 5.0
SETTLED_S, LOOK_S, LATE_S = 10.0, 20.0, 40.0


def measure(bed: Bed) -> Iterator[Figure]:
    """Yield the memory of sense and uplink together, and its growth."""
    video, sound = bed.media(VIDEO), bed.media(SPEECH)
    config_tables = bed.three_plugins(video, RATE_HZ)
    files = [video, sound, *map(bed.model_file, (DETECTOR, POSE, WORDS))]
    with bed.broker() as url:
        port = str(urlsplit(url).port)
        with script("bare_node.py", port, *map(str, files), "--rate", str(RATE_HZ)) as process:
            time.sleep(LOOK_S)
            bare = _memory(process.pid)
        with edgenode("run", "--config", str(bed.config(url, config_tables))) as process:
            early, looked, late = _watch(process)
    yield _figure(looked, bare)
    yield Figure(
        what=f"growth from {SETTLED_S:g} to {LATE_S:g} s",
        value=_pair(late, "Pss") - _pair(early, "Pss"),
        unit="MB",
        beside={f"after {SETTLED_S:g} s, MB": _pair(early, "Pss")}
        | {f"after {LATE_S:g} s, MB": _pair(late, "Pss")},
    )


def _figure(node: dict[str, dict[str, float]], bare: dict[str, float]) -> Figure:
    return Figure(
        what="PSS of sense and uplink",
        value=_pair(node, "Pss"),
        unit="MB",
        at_most=150,
        beside={
            "sense, MB": node["sense"]["Pss"],
            "uplink, MB": node["uplink"]["Pss"],
            "supervisor of edgenode run (not in it), MB": node["run"]["Pss"],
            "RSS of sense and uplink, MB": _pair(node, "Rss"),
            "memory of their own, without any file's, MB": _pair(node, "Pss_Anon"),
            "bare_node.py, MB": bare["Pss"],
        },
    )


def _watch(node: "subprocess.Popen[bytes]") -> Iterator[dict[str, dict[str, float]]]:
    """Yield the memory of the node's processes at the three times."""
    started = time.monotonic()
    for moment in (SETTLED_S, LOOK_S, LATE_S):
        time.sleep(max(0.0, started + moment - time.monotonic()))
        yield {"run": _memory(node.pid)} | {
            role: _memory(_child(node.pid, role)) for role in ("sense", "uplink")
        }


def _child(parent: int, role: str) -> int:
    """Return the process id of the child whose command is *role*."""
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            command = status.with_name("cmdline").read_bytes().split(b"\0")
            if f"PPid:\t{parent}\n" in status.read_text() and role.encode() in command:
                return int(status.parent.name)
        # Processes end while /proc is read.
        except (FileNotFoundError, ProcessLookupError):
            continue
    raise RuntimeError(f"`edgenode run` has no {role}; see its log")


def _memory(pid: int) -> dict[str, float]:
    """Return the fields of smaps_rollup in MB (of 10^6 bytes)."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    # smaps_rollup calls its unit kB, but it is 1024 bytes.
    return {name: int(kib) * 1024 / 1e6 for name, kib in re.findall(r"(\w+): +(\d+) kB", text)}


def _pair(node: dict[str, dict[str, float]], field: str) -> float:
    return node["sense"][field] + node["uplink"][field]
