"""Figures on what is real: a step of its own, which fills its own block and its own file."""

import importlib
import json
import sys
from pathlib import Path

import pytest

from recipes import real, shipping

SHIPPED = shipping.MODELS
CARD = "# Tiny\n<!-- figures -->\nmade\n<!-- /figures -->\n<!-- real -->\n<!-- /real -->\n"


def test_only_its_own_block_and_file_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipping, "MODELS", tmp_path)
    home = tmp_path / "tiny"
    home.mkdir()
    (home / "README.md").write_text(CARD)

    real.fill("tiny", {"right": 3}, {"real": "three of four"})

    filled = "<!-- real -->\n\nthree of four\n\n<!-- /real -->"
    assert (home / "README.md").read_text() == CARD.replace("<!-- real -->\n<!-- /real -->", filled)
    assert json.loads((home / "real.json").read_text()) == {"right": 3}
    assert len(list(home.iterdir())) == 2


def test_a_card_without_the_block_is_refused_and_nothing_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipping, "MODELS", tmp_path)
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "README.md").write_text("# Tiny\n")

    with pytest.raises(ValueError, match="the card has no block 'real'"):
        real.fill("tiny", {}, {"real": "x"})

    assert not (tmp_path / "tiny" / "real.json").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [([], "required: --media"), (["--media", "nowhere"], "no folder 'nowhere': say where")],
)
def test_where_the_real_is_must_be_said(
    words: list[str],
    says: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["real", *words])

    with pytest.raises(SystemExit):
        real.asked("tiny")

    assert says in capsys.readouterr().err


@pytest.mark.parametrize("recipe", ["detector", "pose", "keyword"])
def test_a_card_says_what_the_figures_beside_it_say(recipe: str) -> None:
    card = importlib.import_module(f"recipes.{recipe}.card")
    home = SHIPPED / f"starter-{recipe}"

    text = (home / "README.md").read_text("utf-8")

    figures, measured = (
        json.loads((home / name).read_text("utf-8")) for name in (shipping.FIGURES, real.FIGURES)
    )
    assert all(block in text for block in card.blocks(figures).values())
    assert card.real(measured) in text
