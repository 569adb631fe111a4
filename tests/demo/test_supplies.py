import shutil
from pathlib import Path

import pytest

from edgenode.catalogue.origin import FolderMirror
from edgenode.catalogue.pin import Pin
from edgenode.catalogue.store import Store
from edgenode.demo import play
from edgenode.demo.play import CAMERA, CASTS, MICROPHONE, Play
from edgenode.demo.supplies import Purveyor, Supplies

CORAL = CASTS["coral"]
REAL = play.real(CORAL)


class Consumer:
    """Hears which files are brought, and how far they get."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.told = 0

    def begin(self, pin: Pin) -> "Consumer":
        self.begun.append(pin.name)
        return self

    def __call__(self, have: int, total: int | None) -> None:
        self.told += 1


def gather(of: Play, store: Path, mirror: Path, consumer: Consumer | None = None) -> Supplies:
    begin = (consumer or Consumer()).begin
    return Purveyor(Store(store), FolderMirror(mirror), begin).gather(of)


def test_from_nothing_nothing_can_run_and_every_file_is_named(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    consumer = Consumer()

    supplies = gather(REAL, tmp_path / "store", empty, consumer)

    assert supplies.parts == []
    assert supplies.absent == ["objects", "posture", "words"]
    assert len(supplies.faults) == len(consumer.begun) == 9
    for name in consumer.begun:
        assert any(name in fault for fault in supplies.faults)


@pytest.mark.shared
def test_from_a_full_mirror_everything_runs(tmp_path: Path, shared: Path) -> None:
    store = tmp_path / "store"

    supplies = gather(REAL, store, shared)

    assert supplies.faults == []
    assert supplies.parts == list(CORAL)
    for paths in supplies.recordings.values():
        assert all(path.is_relative_to(store) and path.is_file() for path in paths)


@pytest.mark.shared
def test_a_plugin_runs_with_its_model_and_one_recording(tmp_path: Path, shared: Path) -> None:
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    for file in ("models/movenet_single_pose_lightning_ptq.tflite", "media/images/test_couple.jpg"):
        shutil.copy(shared / file, mirror)

    supplies = gather(REAL, tmp_path / "store", mirror)

    assert [part.name for part in supplies.parts] == ["posture"]
    assert supplies.absent == ["objects", "words"]
    assert [path.name for path in supplies.recordings["camera"]] == ["test_couple.jpg"]


@pytest.mark.shared
def test_files_that_are_there_are_not_pulled_but_models_are(tmp_path: Path, shared: Path) -> None:
    files = {CAMERA: [tmp_path / "v.mp4"], MICROPHONE: [tmp_path / "s.wav"]}
    consumer = Consumer()

    supplies = gather(Play(parts=CORAL, files=files), tmp_path / "store", shared, consumer)

    assert supplies.recordings == files
    assert supplies.parts == list(CORAL)
    assert not any(name.endswith((".wav", ".mp4", ".jpg")) for name in consumer.begun)
