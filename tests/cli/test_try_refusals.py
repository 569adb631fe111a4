"""`edgenode try` on bad input: what it refuses, how it says so, and what goes on."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from edgenode.catalogue import manifest
from edgenode.catalogue.store import Store
from tests.sense.sources.sounds import wav

Try = Callable[..., tuple[int, list[str], list[str]]]
Validate = Callable[[str, str], dict[str, Any]]


@pytest.mark.shared
def test_what_cannot_be_read_is_named_and_the_other_pictures_go_on(
    attempt: Try, shared: Path, tmp_path: Path, validated: Validate
) -> None:
    whole = shared / "media/images/test_couple.jpg"
    corrupt, cut, empty, sound = (
        tmp_path / name for name in ("corrupt.jpg", "cut.jpg", "empty.png", "sound.wav")
    )
    corrupt.write_bytes(b"no picture at all")
    cut.write_bytes(whole.read_bytes()[:20_000])
    empty.touch()
    sound.touch()
    bad = [corrupt, cut, empty, tmp_path / "missing.jpg", sound]

    status, lines, errors = attempt("pose-estimation", "--json", *bad, whole)

    messages = ["give a whole picture"] * 3 + ["no such file", "takes frames; give it a picture"]
    assert status == 1
    assert [validated(line, "result")["file"] for line in lines] == [str(whole)]
    assert len(errors) == len(bad)
    for error, file, cure in zip(errors, bad, messages, strict=True):
        assert error.startswith(f"edgenode: recording {str(file)!r}: ")
        assert cure in error


def test_a_folder_of_sound_goes_on_after_a_file_that_cannot_be_read(
    attempt: Try, tmp_path: Path
) -> None:
    (tmp_path / "a.wav").touch()
    (tmp_path / "b.mp3").write_bytes(b"hello")
    (tmp_path / "c.wav").write_bytes(wav(bytes(96_000)))

    status, lines, errors = attempt("keyword-spotting", "--model", "starter-keyword", tmp_path)

    assert (status, lines) == (1, ["c.wav: nothing"])
    assert [error.split("'")[1] for error in errors] == [
        f"{tmp_path}/{name}" for name in ("a.wav", "b.mp3")
    ]


@pytest.mark.shared
@pytest.mark.parametrize("options", [(), ("--clips",)])
def test_what_cannot_be_heard_is_named_and_the_other_clips_go_on(
    attempt: Try, shared: Path, tmp_path: Path, options: tuple[str, ...]
) -> None:
    whole = shared / "media/speech/wakewords_okay_nabu__okay_nabu.wav"
    corrupt, cut, empty = (tmp_path / name for name in ("corrupt.wav", "cut.wav", "empty.wav"))
    corrupt.write_bytes(b"no sound at all, but long enough")
    cut.write_bytes(whole.read_bytes()[:44])
    empty.touch()
    picture = shared / "media/images/test_couple.jpg"
    bad = [corrupt, cut, empty, tmp_path / "missing.wav", picture]

    status, lines, errors = attempt(
        "keyword-spotting", "--model", "okay-nabu", *options, *bad, whole
    )

    messages = [
        "is not a WAV",
        "there is no sound in it",
        "is empty",
        "no such file",
        "takes audio; give it a WAV",
    ]
    assert status == 1
    assert len(lines) == 1
    assert "okay_nabu" in lines[0]
    assert len(errors) == len(bad)
    for error, file, cure in zip(errors, bad, messages, strict=True):
        assert error.startswith(f"edgenode: recording {str(file)!r}: ")
        assert cure in error


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (("pose-estimatio",), 1, "no plugin 'pose-estimatio' is installed; did you mean 'pose-"),
        (
            ("pose-estimation", "--model", "movenet-lightnin"),
            1,
            "no model 'movenet-lightnin'; did you mean 'movenet-lightning'?",
        ),
        (
            ("pose-estimation", "--model", "kws-ref"),
            1,
            "model 'kws-ref' is for keyword-spotting; see `edgenode models list`",
        ),
        (
            ("pose-estimation",),
            1,
            "'movenet-lightning' is not pulled; `edgenode models pull movenet-lightning`",
        ),
        (
            ("pose-estimation", "--threshold", "1.5"),
            2,
            "pose-estimation.threshold = 1.5: must be a number from 0 to 1",
        ),
        (("pose-estimation", "--device", "tpu"), 2, "pose-estimation.device = 'tpu': must be"),
        (
            ("keyword-spotting", "--model", "voice-commands"),
            1,
            "model 'voice-commands' exists for the Edge TPU only",
        ),
        (
            ("object-detection", "--device", "edgetpu"),
            1,
            'is not compiled for the Edge TPU: use another, or set device = "auto": it answers on',
        ),
        (
            ("pose-estimation", "--device", "edgetpu:9"),
            1,
            'plug it in, or set device = "auto": it answers on the CPU',
        ),
    ],
)
def test_what_cannot_be_tried_is_one_line(
    empty: Try, words: tuple[str, ...], status: int, message: str
) -> None:
    done, lines, errors = empty(*words, "any.jpg")

    assert (done, lines, len(errors)) == (status, [], 1)
    assert errors[0].startswith("edgenode: ")
    assert message in errors[0]


@pytest.mark.shared
def test_without_a_coral_the_edge_tpu_is_refused_and_auto_answers(
    attempt: Try, shared: Path
) -> None:
    picture = shared / "media/images/test_couple.jpg"

    refused, _, (error,) = attempt("pose-estimation", "--device", "edgetpu:7", picture)
    answered, lines, _ = attempt("pose-estimation", "--device", "auto", picture)

    assert (refused, answered) == (1, 0)
    assert error.startswith("edgenode: device 'edgetpu:7': ")
    assert len(lines) == 18


@pytest.mark.shared
def test_a_model_that_was_tampered_with_is_refused(
    bare: Try, store: Store, shared: Path, tmp_path: Path
) -> None:
    copy = Store(tmp_path / "copy")
    place = copy.place(manifest.find("movenet-lightning").pins["cpu"])
    place.parent.mkdir(parents=True)
    shutil.copyfile(shared / "models" / place.name, place)
    with place.open("r+b") as file:
        file.seek(1000, os.SEEK_SET)
        file.write(b"!")

    status, lines, (error,) = bare("pose-estimation", "--store", copy.folder, "any.jpg")

    assert (status, lines) == (1, [])
    assert error.startswith(f"edgenode: {place}: ")
    assert "remove the file and run `edgenode models pull movenet-lightning`" in error


@pytest.mark.shared
def test_where_nothing_can_be_drawn_is_said_at_once(
    attempt: Try, shared: Path, tmp_path: Path
) -> None:
    picture = shared / "media/images/test_couple.jpg"
    file = tmp_path / "file"
    file.touch()
    (tmp_path / "taken/test_couple.png").mkdir(parents=True)

    in_file = attempt("pose-estimation", "--draw", file / "inside", picture)
    over_folder = attempt("pose-estimation", "--draw", tmp_path / "taken", picture)
    of_sound = attempt("keyword-spotting", "--draw", tmp_path, tmp_path / "any.wav")

    assert in_file[0] == over_folder[0] == of_sound[0] == 2
    assert in_file[2][0].endswith("Not a directory; name a folder you may write")
    assert over_folder[2][0].endswith("Is a directory; name a folder you may write")
    assert of_sound[2][0].endswith("takes audio; there is nothing to draw")


@pytest.mark.shared
def test_clips_are_for_plugins_that_hear(attempt: Try, shared: Path) -> None:
    picture = shared / "media/images/test_couple.jpg"

    status, lines, errors = attempt("pose-estimation", "--clips", picture)

    assert (status, lines) == (1, [])
    assert errors == ["edgenode: --clips: plugin 'pose-estimation' does not score clips of audio"]


def test_a_plugin_that_raises_is_named_with_the_place(
    install: Callable[[str, str, str], None], bare: Try, tmp_path: Path
) -> None:
    code = """
        from edgenode import plugin

        class Odd(plugin.Plugin[plugin.PluginOptions, plugin.Frame]):
            takes = plugin.Frame
            def prepare(self, sample):
                return sample.pixels
            def decode(self, outputs, sample):
                return outputs[7]
        """
    install("odd", "[edgenode.plugins]\nodd = odd:Odd\n", code)
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")

    status, lines, errors = bare("odd", tmp_path / "a.png")

    assert (status, lines) == (1, [])
    (line,) = errors
    assert line.startswith(
        "edgenode: plugin 'odd' failed: IndexError: list index out of range (at "
    )
    assert line.endswith("odd.py:9 in decode)")


SCALE = """
from edgenode import plugin


class Scale(plugin.Plugin[plugin.PluginOptions, plugin.Frame]):
    takes = plugin.Frame
    task = "{task}"

    def prepare(self, sample):
        return self.model.input.quantise(sample.pixels)

    def decode(self, outputs, sample):
        return ()
"""


@pytest.mark.parametrize(
    ("task", "cure"),
    [
        (
            "pose-estimation",
            "models for pose-estimation: movenet-lightning, posenet-mobilenet-v1, ",
        ),
        ("scale", "no model for scale is known; name the folder that holds NAME/model.toml by "),
    ],
)
def test_a_plugin_without_a_model_of_its_own_is_told_which_fit(
    bare: Try, install: Callable[[str, str, str], None], task: str, cure: str, tmp_path: Path
) -> None:
    name = f"scale-{task}"
    install(
        name,
        f"[edgenode.plugins]\n{name} = {name.replace('-', '_')}:Scale\n",
        SCALE.format(task=task),
    )

    status, _, errors = bare(name, tmp_path / "a.png")

    assert status == 2
    assert errors[0].startswith(f"edgenode: --model: missing; {cure}")
