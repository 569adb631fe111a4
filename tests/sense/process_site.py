"""A configuration in a folder, and the process ``edgenode sense`` that a test starts on it."""

from collections.abc import Callable
from pathlib import Path

from edgenode import config
from edgenode.exits import Exit
from edgenode.sense.process import ProcessTiming, SenseProcess
from edgenode.service import Signals

Until = Callable[..., None]

PLUGIN = """
    from edgenode import plugin

    class DarkOptions(plugin.PluginOptions, frozen=True, kw_only=True):
        fails: str = ""

    class Dark(plugin.Plugin):
        Options = DarkOptions
        takes = plugin.Frame
        def __init__(self, options, model=None):
            super().__init__(options, model)
            if options.fails == "made":
                raise plugin.PluginError("fails: as asked")
        def prepare(self, sample):
            if self.options.fails == "prepare":
                raise plugin.DeviceError("nothing to prepare with")
            return sample.pixels
        def decode(self, outputs, sample): return ()

    class Endless(plugin.Source):
        yields = plugin.Frame
        def open(self): ...
        def close(self): ...
        def samples(self):
            import time
            import numpy as np
            while True:
                yield plugin.Frame(pixels=np.zeros((1, 1, 3), np.uint8), captured_at=time.time())
"""


class Site:
    """A folder with a configuration, and the process a test starts on it."""

    def __init__(self, folder: Path, signals: Signals) -> None:
        self.folder = folder
        self.file = folder / "edgenode.toml"
        self._signals = signals
        self.process: SenseProcess | None = None

    def write(self, *plugins: str, source: str = "endless") -> None:
        table = f'[handover]\nsocket = "{self.folder / "handover.sock"}"\n'
        table += f'[sources.front]\nuse = "{source}"\n'
        if source == "replay":
            table += f'path = "{self.picture()}"\npace = "fast"\n'
        self.file.write_text(table + "".join(f"[plugins.{each}\n" for each in plugins))

    def picture(self) -> Path:
        from PIL import Image

        path = self.folder / "black.png"
        Image.new("RGB", (4, 4)).save(path)
        return path

    def start(self) -> SenseProcess:
        made = config.read(self.file, secrets=False)
        timing = ProcessTiming(hello_s=0.0, finish_s=0.0, drain_s=0.0, poll_s=0.01)
        self.process = SenseProcess(self.file, made, self._signals, timing=timing)
        self.process.start()
        return self.process

    def end(self, until: Until) -> Exit:
        """Return what the process ends with."""
        process, ended = self.start(), []
        until(lambda: ended.append(process.turn()) or ended[-1] is not None)
        status = ended[-1]
        assert isinstance(status, Exit)
        return status


def dark_table(name: str, more: str = "") -> str:
    return f'{name}]\nuse = "dark"\nsource = "front"\n{more}\n'
