"""The recipe of starter-digits: what is written, where it is taught, and the whole road, short."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from edgenode.accelerator.interpreter import Interpreter
from recipes.digits import card, recipe
from recipes.digits.examination import Marks, Pupil, examined, printed
from recipes.digits.handwriting import ANY, known, on_paper, plainly, unknown, written
from recipes.digits.network import network
from recipes.digits.real import read
from recipes.digits.strategy import Device, choice, found_tpu, strategy
from recipes.digits.training import batches
from recipes.shipping import MODELS


def test_what_is_held_out_is_not_taught() -> None:
    taught, held_out = known(), unknown()

    assert len(taught) + len(held_out) == 1797
    assert set(held_out.labels) == set(taught.labels) == set(range(10))
    seen = {image.tobytes() for image in taught.images}
    assert not any(image.tobytes() in seen for image in held_out.images)


def test_plain_digits_are_white_on_black_in_the_middle() -> None:
    digits = plainly(unknown())

    assert digits.images.shape == (360, 28, 28, 1)
    assert digits.images.dtype == np.uint8
    assert (digits.images.min(), digits.images.max()) == (0, 255)
    assert digits.images[:, :3].mean() < 1.0
    assert digits.images[:, 9:19, 9:19].mean() > 80.0
    assert on_paper(digits).images[:, :3].mean() > 254.0


def test_no_two_writings_of_a_digit_are_the_same_and_a_seed_repeats_them() -> None:
    one = known()
    first = written(one, 2 * len(one), ANY, np.random.default_rng(1))
    again = written(one, 2 * len(one), ANY, np.random.default_rng(1))

    assert np.array_equal(first.images, again.images)
    assert len({image.tobytes() for image in first.images}) == len(first)
    assert np.array_equal(np.bincount(first.labels), 2 * np.bincount(one.labels))


@pytest.mark.parametrize(
    ("tpu", "gpus", "device"),
    [
        ("", 0, Device.CPU),
        ("", 1, Device.GPU),
        ("", 4, Device.GPUS),
        ("local", 0, Device.TPU),
        ("grpc://10.0.0.2:8470", 4, Device.TPU),
    ],
)
def test_the_best_device_there_is_gets_the_work(tpu: str, gpus: int, device: Device) -> None:
    assert choice(tpu=tpu, gpus=gpus) is device


def test_a_tpu_is_the_one_named_or_the_environment_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TPU_NAME", "mine")

    assert (found_tpu("other"), found_tpu()) == ("other", "mine")


def test_here_the_processor_does_it_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    made = strategy()

    assert made.num_replicas_in_sync == 1
    assert capsys.readouterr().out == "training on the processor, 1 at once\n"


def test_batches_have_one_constant_shape_as_a_tpu_needs() -> None:
    digits = plainly(unknown())

    made = batches(digits, 64)

    assert [tuple(spec.shape) for spec in made.element_spec] == [(64, 28, 28, 1), (64,)]
    assert made.cardinality() == 360 // 64
    images, _ = next(iter(made))
    assert (float(tf.reduce_min(images)), float(tf.reduce_max(images))) == (0.0, 1.0)


def test_the_network_is_the_tutorials_one() -> None:
    layers = [layer for layer in network().layers if hasattr(layer, "filters")]

    assert [(layer.filters, layer.kernel_size[0], layer.strides[0]) for layer in layers] == [
        (12, 3, 1),
        (24, 6, 2),
        (64, 6, 2),
    ]


def test_the_short_recipe_makes_a_whole_number_model_that_has_begun_to_read(
    tmp_path: Path,
) -> None:
    options = ["--short", "--out", str(tmp_path)]

    # In a process of its own, for a recipe settles TensorFlow's threads before all else.
    done = subprocess.run(
        [sys.executable, "-m", "recipes.digits", *options],
        cwd=MODELS,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-2000:]
    model = (tmp_path / "starter-digits.tflite").read_bytes()
    figures = json.loads((tmp_path / "figures.json").read_text())
    made = Interpreter(model, "starter-digits")
    assert (made.inputs[0].dtype, made.inputs[0].shape) == ("uint8", (1, 28, 28, 1))
    assert (made.inputs[0].scale, made.inputs[0].zero_point) == (pytest.approx(1 / 255, 0.01), 0)
    assert (made.outputs[0].dtype, made.outputs[0].shape) == ("int8", (1, 10))
    assert figures["aware"]["right"]["plain"] > 0.5
    assert len(model) < 0.3 * figures["float"]["bytes"]


SHIPPED = MODELS / recipe.NAME


def test_the_shipped_model_is_as_good_as_its_figures_say() -> None:
    figures = json.loads((SHIPPED / "figures.json").read_text())["aware"]
    model = (SHIPPED / "starter-digits.tflite").read_bytes()

    marks = examined(model, {"plain": plainly(unknown()), "printed": printed()})

    assert marks.bytes == figures["bytes"]
    assert marks.right["plain"] == pytest.approx(figures["right"]["plain"], abs=0.01)
    assert marks.right["plain"] >= 0.97
    assert marks.right["printed"] == pytest.approx(figures["right"]["printed"], abs=0.05)


def test_the_card_says_what_the_figures_say() -> None:
    figures = json.loads((SHIPPED / "figures.json").read_text())
    marks = {form: Marks(**found) for form, found in figures.items()}

    (block,) = card.blocks(marks).values()

    assert block in (SHIPPED / "README.md").read_text("utf-8")


def test_a_pupil_reads_one_digit() -> None:
    pupil = Pupil((SHIPPED / "starter-digits.tflite").read_bytes())

    scores = pupil.scores(printed().images[7])

    assert scores.argmax() == 7
    assert float(scores.sum()) == pytest.approx(1.0, abs=0.05)


def test_a_picture_is_read_in_grey(tmp_path: Path) -> None:
    seven = printed().images[7]
    Image.fromarray(np.repeat(seven, 3, axis=-1)).save(tmp_path / "seven.bmp")

    scores = read((SHIPPED / "starter-digits.tflite").read_bytes(), tmp_path / "seven.bmp")

    assert scores.argmax() == 7


TWO_REPLICAS = """
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
import numpy as np
from recipes.digits.handwriting import ANY, known, written
from recipes.digits.training import trained
digits = written(known(), 256, ANY, np.random.default_rng(1))
network = trained(digits, tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]))
print(float(network(digits.images[:1] / np.float32(255.0)).numpy().sum()))
"""


def test_two_replicas_share_a_batch_and_what_they_learnt_comes_home() -> None:
    done = subprocess.run(
        [sys.executable, "-c", TWO_REPLICAS],
        cwd=MODELS,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-2000:]
    assert "digits: steps: 2 of 2" in done.stdout
    assert float(done.stdout.splitlines()[-1]) == pytest.approx(1.0, abs=1e-4)
