"""`edgenode try` as people use it: real models, pictures and speech, and bad input."""

import csv
import json
import os
import re
import shutil
import wave
from collections.abc import Callable
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from PIL import Image

from edgenode import messages
from edgenode.accelerator.interpreter import Interpreter
from edgenode.catalogue import manifest
from edgenode.catalogue.store import Store
from edgenode.cli import main
from edgenode.plugin import KEYPOINTS

YELLOW = (0xFF, 0xE6, 0x00)
"""What a keypoint is drawn with."""

PHRASES = ("okay-nabu", "alexa", "hey-jarvis")
MODELS = ("coco-ssd-mobilenet-v1", "movenet-lightning", "kws-ref", *PHRASES)

Try = Callable[..., tuple[int, list[str], list[str]]]


@pytest.fixture(scope="session")
def store(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Return a store with the real models, pulled."""
    one = Store(tmp_path_factory.mktemp("store"))
    pull = ["models", "pull", *MODELS, "--mirror", str(shared / "models"), "--store"]
    assert main([*pull, str(one.folder)]) == 0
    return one


@pytest.fixture
def bare(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Try:
    """Return a function that tries: its status, the lines it printed, and those on stderr."""

    def run(*words: str | Path) -> tuple[int, list[str], list[str]]:
        status = main(["try", *map(str, words)])
        out, err = capfd.readouterr()
        # TFLite says by itself which delegate it has made.
        said = [line for line in err.splitlines() if not line.startswith("INFO: ")]
        return status, out.splitlines(), said

    return run


@pytest.fixture
def attempt(bare: Try, store: Store) -> Try:
    """Return the same with the real models."""
    return lambda plugin, *words: bare(plugin, "--store", store.folder, *words)


@pytest.fixture
def empty(bare: Try, tmp_path: Path) -> Try:
    """Return the same with a store where nothing is pulled."""
    return lambda plugin, *words: bare(plugin, "--store", tmp_path / "empty", *words)


def judged(line: str, topic: str) -> dict[str, Any]:
    """Return what a line of --json says; what it adds to the contract's payload is there."""
    schema = messages.schema()
    said: dict[str, Any] = json.loads(line)
    payload = {key: value for key, value in said.items() if key not in ("file", "at_s")}
    one = {**schema["topics"][topic], "$defs": schema["$defs"]}
    jsonschema.Draft202012Validator(one).validate(payload)
    assert isinstance(said["file"], str)
    assert said["at_s"] >= 0
    return said


@pytest.mark.shared
def test_persons_and_kites_are_found(attempt: Try, shared: Path) -> None:
    picture = shared / "media/images/kite_and_cold.jpg"

    status, (line,), _ = attempt(
        "object-detection", "--model", "coco-ssd-mobilenet-v1", "--json", picture
    )

    said = judged(line, "result")
    found = [one["label"] for one in said["objects"] if one["score"] > 0.5]
    assert status == 0
    assert (found.count("person") >= 2, found.count("kite") >= 2) == (True, True)
    assert (said["file"], said["at_s"]) == (str(picture), 0.0)


@pytest.mark.shared
def test_a_threshold_leaves_only_better_ones_and_text_says_where_they_are(
    attempt: Try, shared: Path
) -> None:
    picture = shared / "media/images/kite_and_cold.jpg"

    status, lines, _ = attempt("object-detection", "--threshold", "0.6", picture)

    assert status == 0
    # The two runtimes differ by a quantum of the score.
    assert re.match(r"kite_and_cold\.jpg 0\.00 s: person 0\.7[56] at 0\.05", lines[0])
    assert all(float(line.split()[4]) >= 0.6 for line in lines)


@pytest.mark.shared
def test_a_pose_has_seventeen_named_keypoints_and_may_be_drawn(
    attempt: Try, shared: Path, tmp_path: Path
) -> None:
    picture = shared / "media/images/test_couple.jpg"

    status, (head, *points), _ = attempt("pose-estimation", "--draw", tmp_path / "drawn", picture)

    assert status == 0
    assert head.startswith("test_couple.jpg 0.00 s: person 0.")
    assert [point.split()[0] for point in points] == list(KEYPOINTS)
    with Image.open(picture) as before, Image.open(tmp_path / "drawn/test_couple.png") as after:
        size, pixels = before.size, np.asarray(after)
    assert pixels.shape == (size[1], size[0], 3)
    rows, columns = np.nonzero(np.all(pixels == YELLOW, axis=-1))
    nose = np.array([float(word) for word in points[0].split()[1:3]]) * size
    assert np.hypot(columns - nose[0], rows - nose[1]).min() <= 2


@pytest.mark.shared
def test_a_pose_agrees_with_a_bare_interpreter_to_the_last_digit(
    attempt: Try, shared: Path, store: Store, tmp_path: Path
) -> None:
    file = tmp_path / "resized.png"
    with Image.open(shared / "media/images/test_couple.jpg") as full:
        full.convert("RGB").resize((192, 192), Image.Resampling.BILINEAR).save(file)
    card = manifest.find("movenet-lightning")
    interpreter = Interpreter(store.read(card, "cpu"), card.id)
    with Image.open(file) as resized:
        (tensor,) = interpreter.infer(np.asarray(resized)[np.newaxis])
    plain = interpreter.outputs[0].dequantise(tensor)[0, 0]

    _, (line,), _ = attempt("pose-estimation", "--json", file)

    (pose,) = judged(line, "result")["poses"]
    assert pose["keypoints"] == [[round(float(v), 3) for v in (x, y, s)] for y, x, s in plain]


@pytest.mark.shared
def test_words_are_heard_in_order(attempt: Try, shared: Path) -> None:
    spoken = {
        "sequences_yes-no-go-stop__yes_no_go_stop.wav": ["yes", "no", "go", "stop"],
        "sequences_right-left-up__right_left_up.wav": ["right", "left", "up"],
    }
    missed = wrong = 0

    for file, words in spoken.items():
        path = shared / "media/speech" / file
        status, lines, _ = attempt("keyword-spotting", "--model", "kws-ref", "--json", path)
        heard = [judged(line, "event") for line in lines]
        labels = [one["label"] for one in heard]
        in_order = SequenceMatcher(a=words, b=labels).get_matching_blocks()
        right = sum(block.size for block in in_order)
        assert status == 0
        assert [one["at_s"] for one in heard] == sorted(one["at_s"] for one in heard)
        missed += len(words) - right
        wrong += len(labels) - right

    assert missed <= 1
    assert wrong <= 1


@pytest.mark.shared
def test_at_least_46_of_54_clips_are_right(attempt: Try, shared: Path) -> None:
    speech = shared / "media/speech"
    with (speech / "MANIFEST.csv").open() as file:
        labels = {row["file"]: row["label"] for row in csv.DictReader(file)}
    chosen = sorted(name for name in labels if name.startswith(("keywords_", "unknown_")))
    known = manifest.find("kws-ref").labels

    status, lines, _ = attempt(
        "keyword-spotting", "--clips", "--json", *(speech / name for name in chosen)
    )

    heard = {Path(said["file"]).name: said["label"] for said in map(json.loads, lines)}
    wanted = {name: labels[name] if labels[name] in known else "unknown" for name in chosen}
    assert (status, len(chosen)) == (0, 54)
    assert sum(heard[name] == label for name, label in wanted.items()) >= 46


@pytest.mark.shared
@pytest.mark.parametrize("phrase", PHRASES)
def test_a_phrase_is_heard_in_its_own_clip_and_not_in_other_speech(
    attempt: Try, shared: Path, phrase: str
) -> None:
    speech = shared / "media/speech"
    own = phrase.replace("-", "_")
    files = [speech / f"wakewords_{own}__{own}.wav", speech / "speech_pymicro_speech.wav"]

    status, lines, errors = attempt("keyword-spotting", "--model", phrase, *files)

    assert (status, errors) == (0, [])
    heard, nothing = lines
    assert f": {own} " in heard
    assert nothing == "speech_pymicro_speech.wav: nothing"


@pytest.mark.shared
def test_every_result_has_its_own_seq_and_the_time_in_its_own_file(
    attempt: Try, shared: Path
) -> None:
    images = shared / "media/images"

    _, lines, _ = attempt(
        "pose-estimation", "--json", images / "test_couple.jpg", images / "cat_720p.jpg"
    )

    said = [judged(line, "result") for line in lines]
    assert [one["seq"] for one in said] == list(range(1, len(said) + 1))
    assert len({one["run"] for one in said}) == 1
    assert {one["at_s"] for one in said} == {0.0}


@pytest.mark.shared
def test_what_cannot_be_read_is_named_and_the_other_pictures_go_on(
    attempt: Try, shared: Path, tmp_path: Path
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

    says = ["give a whole picture"] * 3 + ["no such file", "takes frames; give it a picture"]
    assert status == 1
    assert [judged(line, "result")["file"] for line in lines] == [str(whole)]
    assert len(errors) == len(bad)
    for error, file, cure in zip(errors, bad, says, strict=True):
        assert error.startswith(f"edgenode: recording {str(file)!r}: ")
        assert cure in error


@pytest.mark.shared
@pytest.mark.parametrize("options", [(), ("--clips",)])
def test_what_cannot_be_heard_is_named_and_the_other_clips_go_on(
    attempt: Try, shared: Path, tmp_path: Path, options: tuple[str, ...]
) -> None:
    whole = shared / "media/speech/wakewords_okay_nabu__okay_nabu.wav"
    corrupt, cut, empty = (tmp_path / name for name in ("corrupt.wav", "cut.wav", "empty.wav"))
    corrupt.write_bytes(b"no sound at all, but long enough")
    cut.write_bytes(whole.read_bytes()[:-1000])
    empty.touch()
    picture = shared / "media/images/test_couple.jpg"
    bad = [corrupt, cut, empty, tmp_path / "missing.wav", picture]

    status, lines, errors = attempt(
        "keyword-spotting", "--model", "okay-nabu", *options, *bad, whole
    )

    says = [
        "is not a WAV",
        "is cut short",
        "is empty",
        "no such file",
        "takes audio; give it a WAV",
    ]
    assert status == 1
    assert len(lines) == 1
    assert "okay_nabu" in lines[0]
    assert len(errors) == len(bad)
    for error, file, cure in zip(errors, bad, says, strict=True):
        assert error.startswith(f"edgenode: recording {str(file)!r}: ")
        assert cure in error


@pytest.mark.parametrize(
    ("words", "status", "says"),
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
    empty: Try, words: tuple[str, ...], status: int, says: str
) -> None:
    done, lines, errors = empty(*words, "any.jpg")

    assert (done, lines, len(errors)) == (status, [], 1)
    assert errors[0].startswith("edgenode: ")
    assert says in errors[0]


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


def test_a_plugin_without_a_model_may_be_tried_on_anything_it_takes(
    install: Callable[[str, str, str], None], bare: Try, tmp_path: Path
) -> None:
    code = """
        from edgenode import plugin

        class Level(plugin.Plugin[plugin.PluginOptions, plugin.Audio]):
            takes = plugin.Audio
            def prepare(self, sample, spec):
                return sample.samples
            def decode(self, outputs, sample):
                return (plugin.Measurement("level", float(outputs[0].max())),)
        """
    install("level", "[edgenode.plugins]\nlevel = level:Level\n", code)
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(np.full(640, 7, np.int16).tobytes())

    status, lines, _ = bare("level", tmp_path / "a.wav")

    assert (status, lines) == (0, ["a.wav 0.02 s: level 7", "a.wav 0.04 s: level 7"])


def test_a_plugin_that_raises_is_named_with_the_place(
    install: Callable[[str, str, str], None], bare: Try, tmp_path: Path
) -> None:
    code = """
        from edgenode import plugin

        class Odd(plugin.Plugin[plugin.PluginOptions, plugin.Frame]):
            takes = plugin.Frame
            def prepare(self, sample, spec):
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
