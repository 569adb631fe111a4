"""The only module that knows libedgetpu, pycoral and the USB ids of an Edge TPU.

The Edge TPU is used inside the calling process. libedgetpu aborts that process when USB fails.
Therefore ``auto`` means the CPU until the Edge TPU has a child process of its own.
"""

from pathlib import Path
from typing import Any

from edgenode.accelerator.interpreter import Interpreter, runtime
from edgenode.errors import DeviceError

USB_DEVICES = Path("/sys/bus/usb/devices")
LIBRARY = "libedgetpu.so.1"
CPU_INSTEAD = ', or set device = "auto": it answers on the CPU'

# The Edge TPU has other USB ids before libedgetpu has loaded its firmware.
_STATES = {("1a6e", "089a"): "waiting for its firmware", ("18d1", "9302"): "ready"}


def attached(devices: Path = USB_DEVICES) -> list[str]:
    """Return the state of each Edge TPU on USB. It is read from sysfs, without libedgetpu."""
    found = []
    for folder in sorted(devices.glob("*")):
        try:
            vendor = (folder / "idVendor").read_text().strip()
            product = (folder / "idProduct").read_text().strip()
        except OSError:
            # An interface or a hub port, which has no ids.
            continue
        if state := _STATES.get((vendor, product)):
            found.append(state)
    return found


def place(device: str, devices: Path = USB_DEVICES, *, has_twin: bool = True) -> int:
    """Return the number, from 0, of the Edge TPU that *device* (``edgetpu``, ``edgetpu:N``) names.

    Raise ``DeviceError`` if it is not attached. If the model *has_twin*, a file for the CPU, the
    error also recommends ``auto``.
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
