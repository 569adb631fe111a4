"""What the commands say of a model file that crashes the runtime, never ends, or is none."""

from collections.abc import Callable
from pathlib import Path

import pytest

from edgenode.cli import main
from tests.hostile_models import CRASHES, EIGHT_BYTES, WORKS
from tests.sense.manifests import own_model

Try = Callable[..., tuple[int, list[str], list[str]]]

HOSTILE = pytest.mark.parametrize("content", [CRASHES, EIGHT_BYTES], ids=["crash", "8 bytes"])


@HOSTILE
def test_try_is_refused_in_one_line(bare: Try, tmp_path: Path, content: bytes) -> None:
    own_model(tmp_path, content, task="image-classification", shape=[1, 8])
    words = ("image-classification", "--folder", tmp_path, "--model", "own-model", "any.png")

    status, lines, errors = bare(*words)

    assert (status, lines, len(errors)) == (1, [], 1)
    assert errors[0].startswith("edgenode: model 'own-model'")


@HOSTILE
def test_check_models_tells_it_with_the_plugin(
    file: Path, tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    own_model(tmp_path, content, task="image-classification", shape=[1, 8])
    file.write_text(
        '[sources.front]\nuse = "camera"\n[plugins.scene]\nuse = "image-classification"\n'
        'source = "front"\nmodel = "own-model"\n[models]\nfolders = ["."]\n'
    )

    assert main(["check", str(file)]) == 0
    status = main(["check", "--models", str(file)])

    (line,) = capsys.readouterr().err.splitlines()
    assert status == 2
    assert line.startswith(f"{file}: plugins.scene.model")
    assert "model 'own-model'" in line


@HOSTILE
def test_verify_tells_it_and_goes_on(
    tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, one in (("bad", content), ("good", WORKS)):
        (tmp_path / name).mkdir()
        own_model(tmp_path / name, one)
    folders = ["--folder", str(tmp_path / "good"), "--folder", str(tmp_path / "bad")]

    good = main(["models", "verify", "own-model", *folders])
    bad = main(["models", "verify", "own-model", *folders[2:], *folders[:2]])

    assert (good, bad) == (0, 1)
    assert capsys.readouterr().err.startswith("own-model cpu: model 'own-model'")
