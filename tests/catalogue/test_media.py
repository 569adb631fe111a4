from pathlib import Path

import pytest

from edgenode.catalogue.media import media, recordings
from edgenode.catalogue.origin import origin
from edgenode.catalogue.store import Store
from edgenode.errors import ModelError


def test_every_recording_says_whose_it_is_and_at_which_commit() -> None:
    for name, recording in recordings().items():
        owner, commit = recording.source.split(" @ ")

        assert f"/{owner}/{commit}" in recording.url, name
        assert recording.licence
        assert recording.sha256
        assert recording.size


def test_an_unknown_recording_is_answered_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no recording 'cat.jpg'; there are one-by-one-person"):
        media("cat.jpg", Store(tmp_path), origin(str(tmp_path)))


@pytest.mark.shared
@pytest.mark.parametrize("name", recordings())
def test_recordings_come_out_of_a_mirror_whatever_their_names_there(
    shared: Path, tmp_path: Path, name: str
) -> None:
    path = media(name, Store(tmp_path), origin(str(shared / "media")))

    assert path.name == name
    assert path.stat().st_size == recordings()[name].size
