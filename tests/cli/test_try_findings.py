"""What `edgenode try` finds with real models in real pictures and speech."""

import csv
import json
import re
import wave
from collections.abc import Callable
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from edgenode.accelerator.interpreter import Interpreter
from edgenode.catalogue import manifest
from edgenode.catalogue.store import Store
from edgenode.plugin import KEYPOINTS

Try = Callable[..., tuple[int, list[str], list[str]]]
Validate = Callable[[str, str], dict[str, Any]]

YELLOW = (0xFF, 0xE6, 0x00)
"""What a keypoint is drawn with."""

PHRASES = ("okay-nabu", "alexa", "hey-jarvis")


@pytest.mark.shared
def test_persons_and_kites_are_found(attempt: Try, shared: Path, validated: Validate) -> None:
    picture = shared / "media/images/kite_and_cold.jpg"

    status, (line,), _ = attempt(
        "object-detection", "--model", "coco-ssd-mobilenet-v1", "--json", picture
    )

    printed = validated(line, "result")
    found = [one["label"] for one in printed["objects"] if one["score"] > 0.5]
    assert status == 0
    assert (found.count("person") >= 2, found.count("kite") >= 2) == (True, True)
    assert (printed["file"], printed["at_s"]) == (str(picture), 0.0)


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
def test_a_picture_is_classified_and_its_labels_may_be_drawn(
    attempt: Try, shared: Path, tmp_path: Path, validated: Validate
) -> None:
    picture = shared / "media/images/grace_hopper.bmp"
    words = ("image-classification", "--model", "mobilenet-v2")

    status, (text,), _ = attempt(*words, "--draw", tmp_path, picture)
    _, (line,), _ = attempt(*words, "--json", picture)

    assert status == 0
    assert re.fullmatch(r"grace_hopper\.bmp 0\.00 s: military uniform 0\.[89]\d", text)
    (category,) = validated(line, "result")["categories"]
    assert category["label"] == "military uniform"
    assert category["score"] >= 0.8
    with Image.open(picture) as before, Image.open(tmp_path / "grace_hopper.png") as after:
        drawn = np.asarray(after) != np.asarray(before.convert("RGB"))
    assert drawn[:12].any()
    assert not drawn[30:].any()


@pytest.mark.shared
def test_a_pose_agrees_with_a_bare_interpreter_to_the_last_digit(
    attempt: Try, shared: Path, store: Store, tmp_path: Path, validated: Validate
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

    (pose,) = validated(line, "result")["poses"]
    assert pose["keypoints"] == [[round(float(v), 3) for v in (x, y, s)] for y, x, s in plain]


@pytest.mark.shared
def test_words_are_heard_in_order(attempt: Try, shared: Path, validated: Validate) -> None:
    spoken = {
        "sequences_yes-no-go-stop__yes_no_go_stop.wav": ["yes", "no", "go", "stop"],
        "sequences_right-left-up__right_left_up.wav": ["right", "left", "up"],
    }
    missed = wrong = 0

    for file, words in spoken.items():
        path = shared / "media/speech" / file
        status, lines, _ = attempt("keyword-spotting", "--model", "kws-ref", "--json", path)
        heard = [validated(line, "event") for line in lines]
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

    heard = {Path(printed["file"]).name: printed["label"] for printed in map(json.loads, lines)}
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
    attempt: Try, shared: Path, validated: Validate
) -> None:
    images = shared / "media/images"

    _, lines, _ = attempt(
        "pose-estimation", "--json", images / "test_couple.jpg", images / "cat_720p.jpg"
    )

    printed = [validated(line, "result") for line in lines]
    assert [one["seq"] for one in printed] == list(range(1, len(printed) + 1))
    assert len({one["run"] for one in printed}) == 1
    assert {one["at_s"] for one in printed} == {0.0}


def test_a_plugin_without_a_model_may_be_tried_on_anything_it_takes(
    install: Callable[[str, str, str], None], bare: Try, tmp_path: Path
) -> None:
    code = """
        from edgenode import plugin

        class Level(plugin.Plugin[plugin.PluginOptions, plugin.Audio]):
            takes = plugin.Audio
            def prepare(self, sample):
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


TWICE = 'plugin.Measurement("x", 1.0), plugin.Area("x", 0.1), plugin.Measurement("x", 2.0)'


@pytest.mark.parametrize(
    ("finding", "words"),
    [
        (TWICE, "two measurements named 'x' in one result: give each a name of its own"),
        ('plugin.Category("a", 2.0)', "Expected `float` <= 1.0"),
        ('plugin.Measurement("x", float("nan"))', "not in the handover's contract"),
        ('plugin.Measurement("x", np.float64(1))', "give plain numbers, as float(x) makes them"),
    ],
)
def test_what_a_node_would_refuse_is_refused(
    install: Callable[[str, str, str], None], bare: Try, tmp_path: Path, finding: str, words: str
) -> None:
    code = f"""
        import numpy as np
        from edgenode import plugin

        class Wrong(plugin.Plugin[plugin.PluginOptions, plugin.Frame]):
            takes = plugin.Frame
            def prepare(self, sample):
                return sample.pixels
            def decode(self, outputs, sample):
                return ({finding},)
        """
    # A module that is imported stays so: each has a name of its own.
    module = f"wrong_{len(finding)}"
    install(module, f"[edgenode.plugins]\nwrong = {module}:Wrong\n", code)
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")

    status, lines, errors = bare("wrong", "--json", tmp_path / "a.png")

    assert (status, lines, len(errors)) == (1, [], 1)
    assert errors[0].startswith("edgenode: plugin 'wrong' found what a node does not publish: ")
    assert words in errors[0]
