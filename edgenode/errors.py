"""The errors edgenode raises on purpose.

::

    EdgenodeError
    ├── ConfigError        the configuration is wrong; lists every fault (exit status 2)
    ├── PluginError        a source, plugin or filter cannot be found, loaded or configured
    ├── ModelError         a model is missing, damaged or not what its manifest says
    ├── DeviceError        a sensor or accelerator is absent, stalled or gone
    ├── RecordingError     a picture, video or WAV cannot be read
    ├── BrokerError        the broker refused us or cannot be used
    ├── ContractError      a message is not in the contract
    └── HardeningError     this machine cannot keep a process from others

Each is also the built-in error it resembles, so callers may catch either. Messages are one line:
the thing, the value in quotes, and the cure.
"""


class EdgenodeError(Exception):
    """Root of everything edgenode raises on purpose."""


class ConfigError(EdgenodeError, ValueError):
    """Raised when a configuration is wrong.

    Attributes:
        faults: one line per fault, in file order, never empty.
    """

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class PluginError(EdgenodeError, LookupError):
    """Raised when a source, plugin or filter cannot be found, loaded or configured."""


class ModelError(EdgenodeError, ValueError):
    """Raised when a model is missing, damaged or not what its manifest says."""


class DeviceError(EdgenodeError, OSError):
    """Raised when a sensor or accelerator is absent, stalled or gone."""


class RecordingError(EdgenodeError, ValueError):
    """Raised when a picture, video or WAV cannot be read."""


class BrokerError(EdgenodeError, ConnectionError):
    """Raised when the broker refused us or cannot be used."""


class ContractError(EdgenodeError, ValueError):
    """Raised when a message is not in the contract."""


class HardeningError(EdgenodeError, RuntimeError):
    """Raised when this machine cannot keep a process from others, or others from it."""
