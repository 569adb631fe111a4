import shutil
from pathlib import Path

import pytest

from edgenode.catalogue.origin import FolderMirror
from edgenode.catalogue.pin import Pin
from edgenode.catalogue.store import Store
from edgenode.demo import scenario
from edgenode.demo.fetch import Fetched, Fetcher
from edgenode.demo.scenario import CAMERA, MICROPHONE, MODEL_SETS, Scenario

CORAL = MODEL_SETS["coral"]
REAL = scenario.real_recordings(CORAL)


class Consumer:
    """Records which files are fetched, and how often progress is reported."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.calls = 0

    def begin(self, pin: Pin) -> "Consumer":
        self.begun.append(pin.name)
        return self

    def __call__(self, have: int, total: int | None) -> None:
        self.calls += 1


def fetch(of: Scenario, store: Path, mirror: Path, consumer: Consumer | None = None) -> Fetched:
    begin = (consumer or Consumer()).begin
    return Fetcher(Store(store), FolderMirror(mirror), begin).fetch(of)


def test_from_nothing_nothing_can_run_and_every_file_is_named(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    consumer = Consumer()

    fetched = fetch(REAL, tmp_path / "store", empty, consumer)

    assert fetched.cases == []
    assert fetched.missing == ["objects", "posture", "words"]
    assert len(fetched.faults) == len(consumer.begun) == 9
    for name in consumer.begun:
        assert any(name in fault for fault in fetched.faults)


@pytest.mark.shared
def test_from_a_full_mirror_everything_runs(tmp_path: Path, shared: Path) -> None:
    store = tmp_path / "store"

    fetched = fetch(REAL, store, shared)

    assert fetched.faults == []
    assert fetched.cases == list(CORAL)
    for paths in fetched.recordings.values():
        assert all(path.is_relative_to(store) and path.is_file() for path in paths)


@pytest.mark.shared
def test_a_plugin_runs_with_its_model_and_one_recording(tmp_path: Path, shared: Path) -> None:
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    for file in ("models/movenet_single_pose_lightning_ptq.tflite", "media/images/test_couple.jpg"):
        shutil.copy(shared / file, mirror)

    fetched = fetch(REAL, tmp_path / "store", mirror)

    assert [case.name for case in fetched.cases] == ["posture"]
    assert fetched.missing == ["objects", "words"]
    assert [path.name for path in fetched.recordings["camera"]] == ["test_couple.jpg"]


@pytest.mark.shared
def test_files_that_are_there_are_not_pulled_but_models_are(tmp_path: Path, shared: Path) -> None:
    files = {CAMERA: [tmp_path / "v.mp4"], MICROPHONE: [tmp_path / "s.wav"]}
    consumer = Consumer()

    fetched = fetch(Scenario(cases=CORAL, files=files), tmp_path / "store", shared, consumer)

    assert fetched.recordings == files
    assert fetched.cases == list(CORAL)
    assert not any(name.endswith((".wav", ".mp4", ".jpg")) for name in consumer.begun)
