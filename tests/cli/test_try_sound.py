"""`edgenode try` on sound of all kinds, with the keyword model that is shipped."""

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.sense.plugins.real_models import read
from tests.sense.sources.sounds import Header, encoded, wav

Try = Callable[..., tuple[int, list[str], list[str]]]

SCENE = Path(__file__).parents[2] / "edgenode" / "demo" / "scene"
SPEECH = read(SCENE / "speech.wav")
TRUTH = json.loads((SCENE / "truth.json").read_text("utf-8"))["words"]
WORDS = ("keyword-spotting", "--model", "starter-keyword")


def clip(number: int, before_s: float = 0.25, after_s: float = 0.25) -> NDArray[np.int16]:
    """Return word *number* of the demo's scene, with what is before and behind it."""
    word = TRUTH[number]
    start, end = word["start_s"] - before_s, word["end_s"] + after_s
    return SPEECH[round(start * 16_000) : round(end * 16_000)]


def file(path: Path, samples: NDArray[np.int16]) -> Path:
    path.write_bytes(wav(samples.astype("<i2").tobytes()))
    return path


def heard(lines: list[str]) -> list[str]:
    """Return the labels in lines such as ``a.wav 1.20 s: yes 0.93``."""
    return [line.rpartition(": ")[2].split()[0] for line in lines]


def test_a_word_at_the_very_end_of_a_recording_is_heard(bare: Try, tmp_path: Path) -> None:
    ends = [file(tmp_path / f"{n}.wav", SPEECH[: round(w["end_s"] * 16_000)])
            for n, w in enumerate(TRUTH[:6])]  # fmt: skip

    for number, end in enumerate(ends):
        _, lines, _ = bare(*WORDS, end)
        assert heard(lines)[number:] == [TRUTH[number]["label"]]


@pytest.mark.parametrize("options", [(), ("--clips",)])
def test_a_folder_is_its_recordings_in_order_of_name(
    bare: Try, tmp_path: Path, options: tuple[str, ...]
) -> None:
    around = 0.25 if options else 0.8
    (tmp_path / "words" / "inside.wav").mkdir(parents=True)
    for number in range(3):
        file(tmp_path / "words" / f"{number}.wav", clip(number, around, around))
    (tmp_path / "words" / "notes.txt").write_text("no sound")

    status, lines, errors = bare(*WORDS, *options, tmp_path / "words")

    assert (status, errors) == (0, [])
    assert [line[:5] for line in lines] == ["0.wav", "1.wav", "2.wav"]
    assert heard(lines) == [word["label"] for word in TRUTH[:3]]


def test_a_folder_without_sound_is_named(bare: Try, tmp_path: Path) -> None:
    status, _, errors = bare(*WORDS, tmp_path)

    assert status == 1
    fault = "there is no sound in this folder; fill it, or name a file"
    assert errors == [f"edgenode: recording {str(tmp_path)!r}: {fault}"]


@pytest.mark.parametrize("name", ["x" * 300, "x" * 300 + ".wav", "a.wav/b.wav"])
def test_a_path_that_cannot_be_is_named(bare: Try, tmp_path: Path, name: str) -> None:
    file(tmp_path / "a.wav", SPEECH[:100])

    status, lines, (error,) = bare(*WORDS, tmp_path / name)

    assert (status, lines) == (1, [])
    assert error.startswith(f"edgenode: recording {str(tmp_path / name)!r}: ")
    assert "check the path" in error


@pytest.mark.parametrize("name", ["a.mp3", "a.m4a", "a.flac", "a.ogg"])
def test_other_files_than_wavs_are_heard(bare: Try, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(encoded(name, SPEECH[: 8 * 16_000]))

    _, lines, errors = bare(*WORDS, tmp_path / name)

    assert errors == []
    assert heard(lines) == [word["label"] for word in TRUTH if word["end_s"] < 7.5]


def test_a_pipe_and_standard_input_are_heard(
    bare: Try, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe, content = tmp_path / "pipe", wav(clip(0).astype("<i2").tobytes(), Header(size=0x7FFFF000))
    os.mkfifo(pipe)
    monkeypatch.setattr("edgenode.cli._trial.STDIN", str(pipe))
    found = []

    for name in (str(pipe), "-"):
        writer = threading.Thread(target=pipe.write_bytes, args=(content,))
        writer.start()
        _, lines, errors = bare(*WORDS, name)
        writer.join(10)
        found += [heard(lines), errors]

    assert found == [[TRUTH[0]["label"]], []] * 2


def test_clips_of_almost_nothing_are_named_and_the_others_are_scored(
    bare: Try, tmp_path: Path
) -> None:
    for name, header, data in (
        ("none.wav", Header(), b""),
        ("byte.wav", Header(), b"\1"),
        ("sample.wav", Header(rate=48_000), b"\1\2"),
    ):
        (tmp_path / name).write_bytes(wav(data, header))
    names = [tmp_path / name for name in ("none.wav", "byte.wav", "sample.wav")]
    zero, word = file(tmp_path / "zero.wav", np.zeros(9, np.int16)), file(tmp_path / "w", clip(1))

    status, lines, errors = bare(*WORDS, "--clips", *names, zero, word)

    assert status == 1
    assert [("no sound in it" in error, str(name) in error)
            for error, name in zip(errors, names, strict=True)] == [(True, True)] * 3  # fmt: skip
    assert lines[0] == "zero.wav: silence 0.000"
    assert heard(lines[1:]) == [TRUTH[1]["label"]]


def test_a_long_recording_is_scored_window_by_window(bare: Try, tmp_path: Path) -> None:
    word = clip(0)
    at = 5 * 16_000 + (16_000 - len(word)) // 2
    long = np.zeros(7 * 16_000 + 400, np.int16)
    long[at : at + len(word)] = word

    status, lines, _ = bare(*WORDS, "--clips", "--json", file(tmp_path / "a.wav", long))

    printed = [json.loads(line) for line in lines]
    assert status == 0
    assert [one["at_s"] for one in printed] == [1, 2, 3, 4, 5, 6, 7, 8]
    labels = [one["label"] for one in printed]
    assert labels == [*["silence"] * 5, TRUTH[0]["label"], *["silence"] * 2]


def test_words_given_without_clips_that_are_not_heard_get_a_hint(bare: Try, tmp_path: Path) -> None:
    faint = np.random.default_rng(1).normal(0, 9, 16_000).astype(np.int16)
    files = [file(tmp_path / f"{name}.wav", faint) for name in "ab"]

    status, lines, errors = bare(*WORDS, *files)
    _, _, of_clips = bare(*WORDS, "--clips", *files)
    _, _, of_long = bare(*WORDS, file(tmp_path / "c.wav", np.tile(faint, 3)))

    assert (status, lines) == (0, ["a.wav: nothing", "b.wav: nothing"])
    (hint,) = errors
    assert hint.startswith("edgenode: 2 of the recordings in which nothing was heard last at most")
    assert hint.endswith("add --clips")
    assert of_clips == of_long == []
