"""Reads the health of the device from /proc and /sys; a figure that is not there is None."""

import os
import re
from pathlib import Path
from typing import Literal

import msgspec

TIME_ERROR = 5
"""What adjtimex(2) returns while the clock is not synchronised."""

THROTTLED_NOW = 0xF
"""Bits of the Raspberry Pi's get_throttled for the present; the others are for the past."""


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """The figures at one moment.

    Attributes:
        cpu_c: temperature of the processor in degrees Celsius.
        throttled: the processor is slowed down now, by heat or by a weak supply.
        mem_mb: memory of this process (PSS, otherwise RSS).
        disk_mb: space on the root file system that this user may take.
    """

    clock: Literal["synced", "unsynced"]
    cpu_c: float | None = None
    throttled: bool | None = None
    mem_mb: float | None = None
    disk_mb: float | None = None


def figures(root: Path = Path("/")) -> Figures:
    """Return the figures of the device whose files are under *root*."""
    return Figures(
        clock="synced" if _clock_is_synced(root) else "unsynced",
        cpu_c=_cpu_c(root),
        throttled=_throttled(root),
        mem_mb=_memory_mb(root),
        disk_mb=_disk_mb(root),
    )


def read(path: Path) -> str | None:
    """Return the stripped text of a file of the system, None if it cannot be read."""
    try:
        return path.read_bytes().rstrip(b"\0").decode(errors="replace").strip()
    except OSError:
        return None


def _clock_is_synced(root: Path) -> bool:
    if (root / "run/systemd/timesync/synchronized").exists():
        return True
    # With another time daemon (chrony, ntpd) only the kernel knows. In a unit with ProtectClock=
    # the call is refused, and the clock counts as not synchronised.
    return root == Path("/") and _kernel_is_synced()


def _kernel_is_synced() -> bool:
    import ctypes

    # struct timex begins with the mode: zero only reads and changes nothing.
    timex = ctypes.create_string_buffer(256)
    adjtimex = getattr(ctypes.CDLL(None), "adjtimex", None)
    return adjtimex is not None and 0 <= int(adjtimex(timex)) < TIME_ERROR


def _cpu_c(root: Path) -> float | None:
    zones = sorted((root / "sys/class/thermal").glob("thermal_zone*"))
    named = [zone for zone in zones if re.search("cpu|pkg", read(zone / "type") or "")]
    for zone in named or zones:
        text = read(zone / "temp")
        if text and text.lstrip("-").isdigit():
            return round(int(text) / 1000, 1)
    return None


def _throttled(root: Path) -> bool | None:
    for path in sorted((root / "sys/devices/platform").glob("soc*/*firmware/get_throttled")):
        text = read(path)
        if text and re.fullmatch("(0x)?[0-9a-fA-F]+", text):
            return bool(int(text, 16) & THROTTLED_NOW)
    return None


def _memory_mb(root: Path) -> float | None:
    for name, field in (("smaps_rollup", "Pss"), ("status", "VmRSS")):
        found = re.search(
            rf"^{field}:\s+(\d+) kB", read(root / "proc/self" / name) or "", re.MULTILINE
        )
        if found:
            return round(int(found[1]) / 1024, 1)
    return None


def _disk_mb(root: Path) -> float | None:
    try:
        disk = os.statvfs(root)
    except OSError:
        return None
    return float(disk.f_bavail * disk.f_frsize // 2**20)
