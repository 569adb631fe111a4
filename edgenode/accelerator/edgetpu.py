"""The only module that knows libedgetpu, pycoral and how an Edge TPU shows on USB.

The Edge TPU runs here inside the calling process. libedgetpu aborts its process when USB fails, so
``auto`` stays on the CPU until a child process of its own holds the Edge TPU.
"""

from pathlib import Path
from typing import Any

from edgenode.accelerator.interpreter import Interpreter, runtime
from edgenode.errors import DeviceError

USB_DEVICES = Path("/sys/bus/usb/devices")
LIBRARY = "libedgetpu.so.1"
CPU_INSTEAD = ', or set device = "auto": it answers on the CPU'

_IDENTITIES = {("1a6e", "089a"): "waiting for its firmware", ("18d1", "9302"): "ready"}


def attached(devices: Path = USB_DEVICES) -> list[str]:
    """Return the state of each Edge TPU on USB, read from sysfs without loading libedgetpu."""
    found = []
    for folder in sorted(devices.glob("*")):
        try:
            vendor = (folder / "idVendor").read_text().strip()
            product = (folder / "idProduct").read_text().strip()
        except OSError:
            continue
        if state := _IDENTITIES.get((vendor, product)):
            found.append(state)
    return found


def place(device: str, devices: Path = USB_DEVICES, *, has_twin: bool = True) -> int:
    """Return which Edge TPU *device* (``edgetpu`` or ``edgetpu:N``) names, from 0.

    Raise ``DeviceError`` that says why it cannot be used and, for a model that *has_twin* for the
    CPU, what ``auto`` would do.
    """
    ordinal = int(device.partition(":")[2] or 0)
    count = len(attached(devices))
    if ordinal >= count:
        raise DeviceError(
            f"device {device!r}: {count or 'no'} Edge TPU on USB (looked for 1a6e:089a and"
            f" 18d1:9302); plug it in{CPU_INSTEAD if has_twin else ''}"
        )
    return ordinal


def open_interpreter(
    content: bytes, name: str, device: str, devices: Path = USB_DEVICES, library: str = LIBRARY
) -> Interpreter:
    """Return an interpreter on the Edge TPU that *device* names; raise as ``place`` does."""
    ordinal = place(device, devices)
    return Interpreter(content, name, delegates=[_delegate(ordinal, library)])


def _delegate(ordinal: int, library: str) -> Any:  # noqa: ANN401 the runtimes have no types
    options = {"device": f"usb:{ordinal}"}
    _, load_delegate, _ = runtime()
    try:
        # Coral's own package where it is installed; PyPI's `pycoral` is about coral reefs.
        from pycoral.utils.edgetpu import load_edgetpu_delegate as load
    except ImportError:
        load = None
    try:
        return load(options) if load else load_delegate(library, options)
    except (OSError, ValueError) as error:
        raise DeviceError(
            f"device 'edgetpu:{ordinal}': {library} does not open it ({_reason(error)}); see"
            f" docs/edge-tpu.md{CPU_INSTEAD}"
        ) from error


def _reason(error: Exception) -> str:
    return str(error).strip() or "no reason given"
