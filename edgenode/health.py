"""How the device fares, as far as /proc and /sys tell; a figure nobody tells is None."""

import os
import re
from pathlib import Path
from typing import Literal

import msgspec

TIME_ERROR = 5
"""What adjtimex(2) returns while the clock is not synchronised."""

THROTTLED_NOW = 0xF
"""Bits of the Raspberry Pi's get_throttled that speak of now and not of the past."""


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """One look at the device.

    Attributes:
        cpu_c: temperature of the processor.
        throttled: the processor is slowed down now, by heat or by a weak supply.
        mem_mb: this process's share of the memory (PSS, else RSS).
        disk_mb: free for us on the root file system.
    """

    clock: Literal["synced", "unsynced"]
    cpu_c: float | None = None
    throttled: bool | None = None
    mem_mb: float | None = None
    disk_mb: float | None = None


def figures(root: Path = Path("/")) -> Figures:
    """Look at the device whose files are under *root*."""
    return Figures(
        clock="synced" if _clock_is_synced(root) else "unsynced",
        cpu_c=_cpu_c(root),
        throttled=_throttled(root),
        mem_mb=_memory_mb(root),
        disk_mb=_disk_mb(root),
    )


def read(path: Path) -> str | None:
    """Return the stripped text of a file of the system, None if it is not there for us."""
    try:
        return path.read_bytes().rstrip(b"\0").decode(errors="replace").strip()
    except OSError:
        return None


def _clock_is_synced(root: Path) -> bool:
    if (root / "run/systemd/timesync/synchronized").exists():
        return True
    # Where only another daemon keeps the time (chrony, ntpd) the kernel knows; under ProtectClock=
    # it does not say.
    return root == Path("/") and _kernel_says_synced()


def _kernel_says_synced() -> bool:
    import ctypes

    # struct timex begins with the mode: all zeros asks and changes nothing.
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
