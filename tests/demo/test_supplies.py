import shutil
from pathlib import Path

import pytest

from edgenode.catalogue.origin import FolderMirror
from edgenode.catalogue.pin import Pin
from edgenode.catalogue.store import Store
from edgenode.demo.supplies import PARTS, gather


class Witness:
    """Hears which files are brought, and how far they get."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.told = 0

    def begin(self, pin: Pin) -> "Witness":
        self.begun.append(pin.name)
        return self

    def __call__(self, have: int, total: int | None) -> None:
        self.told += 1


def test_from_nothing_nothing_can_run_and_every_file_is_named(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    witness = Witness()

    supplies = gather(Store(tmp_path / "store"), FolderMirror(empty), witness.begin)

    assert supplies.parts == []
    assert supplies.absent == ["objects", "posture", "words"]
    assert len(supplies.faults) == len(witness.begun) == 9
    for name in witness.begun:
        assert any(name in fault for fault in supplies.faults)


@pytest.mark.shared
def test_from_a_full_mirror_everything_runs(tmp_path: Path, shared: Path) -> None:
    store = Store(tmp_path / "store")

    supplies = gather(store, FolderMirror(shared), Witness().begin)

    assert supplies.faults == []
    assert supplies.parts == list(PARTS)
    for paths in supplies.recordings.values():
        assert all(path.is_relative_to(store.folder) and path.is_file() for path in paths)


@pytest.mark.shared
def test_a_plugin_runs_with_its_model_and_one_recording(tmp_path: Path, shared: Path) -> None:
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    for file in ("models/movenet_single_pose_lightning_ptq.tflite", "media/images/test_couple.jpg"):
        shutil.copy(shared / file, mirror)

    supplies = gather(Store(tmp_path / "store"), FolderMirror(mirror), Witness().begin)

    assert [part.name for part in supplies.parts] == ["posture"]
    assert supplies.absent == ["objects", "words"]
    assert [path.name for path in supplies.recordings["camera"]] == ["test_couple.jpg"]
