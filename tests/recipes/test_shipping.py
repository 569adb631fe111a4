"""What a recipe leaves behind: the model, its digest, its figures and its card."""

import hashlib
import json
from pathlib import Path

import pytest

from recipes import shipping

MANIFEST = """task = "pose-estimation"

[files.cpu]
name = "tiny.tflite"
sha256 = "stale"
size = 1

[input]
shape = [1, 8]

[traits]
threshold = 0.3
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "tiny"
    home.mkdir()
    (home / "model.toml").write_text(MANIFEST)
    (home / "README.md").write_text("# Tiny\n<!-- figures -->old<!-- /figures -->\nmore\n")
    monkeypatch.setattr(shipping, "MODELS", tmp_path)
    return home


def test_the_manifest_pins_the_file_that_was_written(home: Path) -> None:
    shipping.ship("tiny", b"model", {}, {}, None)

    manifest = (home / "model.toml").read_text()
    assert f'sha256 = "{hashlib.sha256(b"model").hexdigest()}"\nsize = 5\n' in manifest
    assert "stale" not in manifest
    assert (home / "tiny.tflite").read_bytes() == b"model"


def test_the_cards_block_is_replaced_and_its_prose_stays(home: Path) -> None:
    shipping.ship("tiny", b"model", {}, {"figures": "new"}, None)

    card = (home / "README.md").read_text()
    assert card == "# Tiny\n<!-- figures -->\n\nnew\n\n<!-- /figures -->\nmore\n"


def test_shipping_twice_writes_the_same(home: Path) -> None:
    figures = {"accuracy": 0.9}

    for _ in range(2):
        shipping.ship("tiny", b"model", figures, {"figures": "new"}, None)

    assert (home / "README.md").read_text().count("new") == 1
    assert json.loads((home / "figures.json").read_text()) == figures


def test_another_folder_gets_manifest_and_card_and_home_stays(home: Path, tmp_path: Path) -> None:
    out = shipping.ship("tiny", b"model", {}, {"figures": "new"}, tmp_path / "out")

    assert sorted(path.name for path in out.iterdir()) == [
        "README.md",
        "figures.json",
        "model.toml",
        "tiny.tflite",
    ]
    assert (home / "model.toml").read_text() == MANIFEST


def test_a_card_without_the_block_is_refused_and_nothing_written(home: Path) -> None:
    with pytest.raises(ValueError, match="the card has no block 'table'"):
        shipping.ship("tiny", b"model", {}, {"table": "x"}, None)

    assert not (home / "tiny.tflite").exists()


def test_a_manifest_of_another_file_is_refused(home: Path) -> None:
    (home / "model.toml").write_text('[files.cpu]\nname = "other.tflite"\n')

    with pytest.raises(ValueError, match=r"does not name 'tiny\.tflite'"):
        shipping.ship("tiny", b"model", {}, {}, None)


def test_a_table_has_its_figures_to_the_right() -> None:
    text = shipping.table(("label", "recall"), [("yes", 0.9)])

    assert text == "| label | recall |\n| --- | --: |\n| yes | 0.9 |"


def test_a_trait_is_settled_and_all_else_stays(home: Path) -> None:
    shipping.settle(home, "threshold", "{ default = 0.5 }")

    told = MANIFEST.replace("threshold = 0.3", "threshold = { default = 0.5 }")
    assert (home / "model.toml").read_text() == told


def test_a_trait_that_the_manifest_has_not_is_refused(home: Path) -> None:
    with pytest.raises(ValueError, match=r"model.toml: 0 lines 'fit = ...'"):
        shipping.settle(home, "fit", '"stretch"')
