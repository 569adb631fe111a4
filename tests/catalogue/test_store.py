import hashlib
from pathlib import Path

import msgspec
import pytest

from edgenode.catalogue import manifest
from edgenode.catalogue.manifest import Manifest
from edgenode.catalogue.origin import origin
from edgenode.catalogue.pull import pull_model
from edgenode.catalogue.store import Store, default_folder
from edgenode.errors import ModelError

WEIGHTS = b"TFL3 weights"
LABELS = "person, human\nn/a\nhot dog\n"


def pinned(name: str, content: bytes) -> str:
    return f'name = "{name}"\nsha256 = "{hashlib.sha256(content).hexdigest()}"\n'


@pytest.fixture
def model(tmp_path: Path) -> Manifest:
    folder = tmp_path / "models" / "own"
    folder.mkdir(parents=True)
    (folder / "model.toml").write_text(
        'task = "object-detection"\ntitle = "own"\nlicence = "CC0-1.0"\nsource = "me"\n'
        'labels_from = "labels"\nlabels_until = ","\n'
        f"[files.cpu]\n{pinned('own.tflite', WEIGHTS)}"
        f"[files.labels]\n{pinned('labels.txt', LABELS.encode())}"
        '[input]\nshape = [1, 8, 8, 3]\ndtype = "uint8"\n'
    )
    return manifest.read(folder)


def test_a_file_that_is_not_pulled_says_how_to(model: Manifest, store: Store) -> None:
    with pytest.raises(ModelError) as raised:
        store.read(model, "cpu")

    assert str(raised.value) == (
        "the cpu file of model 'own' is not pulled; `edgenode models pull own`"
    )


def test_a_file_beside_its_manifest_needs_no_pull(model: Manifest, store: Store) -> None:
    (model.folder / "own.tflite").write_bytes(WEIGHTS)

    assert store.read(model, "cpu") == WEIGHTS
    assert store.path(model, "cpu") == model.folder / "own.tflite"
    assert pull_model(model, "cpu", store, origin()) == model.folder / "own.tflite"


def test_what_root_has_pulled_is_read_from_the_systems_store_and_never_pulled_there(
    model: Manifest, tmp_path: Path
) -> None:
    system = Store(tmp_path / "system")
    pulled = system.place(model.pins["cpu"])
    pulled.parent.mkdir(parents=True)
    pulled.write_bytes(WEIGHTS)
    own = Store(tmp_path / "own", system.folder)

    read = own.read(model, "cpu")

    assert (read, own.locate(model, "cpu")) == (WEIGHTS, pulled)
    assert own.locate(model, "labels").is_relative_to(own.folder)
    assert own.place(model.pins["cpu"]).is_relative_to(own.folder)


def test_a_store_that_somebody_names_is_the_only_one(tmp_path: Path) -> None:
    named = Store.at(tmp_path / "named")

    assert (named.folder, named._system) == (tmp_path / "named", None)


@pytest.mark.parametrize(
    ("url", "cure"),
    [
        ("https://models.example/own", "remove the file and run `edgenode models pull own`"),
        ("", "if it is the right file, write its sha256 into {folder}/model.toml"),
    ],
)
def test_a_wrong_file_is_refused_with_both_hashes_and_the_cure(
    model: Manifest, store: Store, url: str, cure: str
) -> None:
    path = model.folder / "own.tflite"
    path.write_bytes(b"TFL3 weighty")
    text = (model.folder / "model.toml").read_text()
    (model.folder / "model.toml").write_text(
        text.replace("[files.cpu]", f'[files.cpu]\nurl = "{url}"')
    )

    with pytest.raises(ModelError) as raised:
        store.path(manifest.read(model.folder), "cpu")

    assert str(raised.value) == (
        f"{path}: sha256 is {hashlib.sha256(b'TFL3 weighty').hexdigest()!r}, pinned is "
        f"{hashlib.sha256(WEIGHTS).hexdigest()!r}; {cure.format(folder=model.folder)}"
    )


def test_a_pulled_file_is_found_by_its_digest(
    model: Manifest, store: Store, tmp_path: Path
) -> None:
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    (mirror / "whatever").write_bytes(WEIGHTS)

    path = pull_model(model, "cpu", store, origin(str(mirror)))

    assert path.parent.parent == store.folder
    assert store.path(model, "cpu") == path


def test_a_kind_the_model_does_not_have_is_named(model: Manifest, store: Store) -> None:
    with pytest.raises(ModelError, match="'own' has no edgetpu file; it has cpu, labels"):
        store.read(model, "edgetpu")


def test_labels_are_by_line_with_placeholders_and_without_synonyms(
    model: Manifest, store: Store
) -> None:
    (model.folder / "labels.txt").write_text(LABELS)

    assert store.labels(model) == ("person", "n/a", "hot dog")


def test_a_label_that_cannot_be_published_is_told_with_its_file_and_line(
    model: Manifest, store: Store
) -> None:
    path = model.folder / "labels.txt"
    path.write_text("person\n\nhot dog\n")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    pin = msgspec.structs.replace(model.files.labels, sha256=digest)
    changed = msgspec.structs.replace(model, files=msgspec.structs.replace(model.files, labels=pin))

    with pytest.raises(ModelError, match=rf"^{path}: line 2 is empty"):
        store.labels(changed)


def test_a_folder_in_place_of_a_file_is_named(model: Manifest, store: Store) -> None:
    (model.folder / "own.tflite").mkdir()

    with pytest.raises(ModelError, match=r"own.tflite: Is a directory"):
        store.read(model, "cpu")


@pytest.mark.parametrize(
    ("cache", "expected"),
    [
        ("/srv/cache", Path("/srv/cache/edgenode/models")),
        ("relative", Path.home() / ".cache/edgenode/models"),
        ("", Path.home() / ".cache/edgenode/models"),
    ],
)
def test_without_a_system_store_the_users_cache_is_the_store(cache: str, expected: Path) -> None:
    assert default_folder({"XDG_CACHE_HOME": cache}, Path("/no/such/models")) == expected


def test_a_system_store_we_may_write_to_goes_first(tmp_path: Path) -> None:
    assert default_folder({}, tmp_path) == tmp_path


def test_a_system_store_that_is_not_made_yet_is_made_by_who_owns_its_parent(
    tmp_path: Path,
) -> None:
    assert default_folder({}, tmp_path / "models") == tmp_path / "models"
