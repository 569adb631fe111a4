"""What the recipes of the networks that see share: framing, exposure, layers, training."""

from collections.abc import Iterator

import numpy as np
import pytest
import tensorflow as tf

from recipes.vision.commands import HELD_OUT, SEEDS, Effort, asked
from recipes.vision.framing import Range, framed, framing, moved
from recipes.vision.layers import Planes
from recipes.vision.muon import Muon, orthogonal
from recipes.vision.photography import exposed, untouched
from recipes.vision.training import Batch, Schedule, shuffled, train

FEW = Effort(1, Schedule(1), held_out=1)
MANY = Effort(SEEDS, Schedule(1), held_out=10)


@pytest.mark.parametrize("seed", range(8))
def test_points_go_where_the_pixels_go(seed: int) -> None:
    rng = np.random.default_rng(seed)
    picture = np.zeros((101, 101, 3), np.uint8)
    picture[38:43, 58:63] = 255
    by = framing(rng, Range(size=(0.8, 1.2), turn=20.0))

    seen = framed(np.random.default_rng(0), picture, by)
    (place,) = moved(np.array([[60.5, 40.5]]) / 101, by)

    bright = np.argwhere((seen == 255).all(-1) & (seen[0, 0] != 255).all())
    assert bright.mean(0) + 0.5 == pytest.approx(place[::-1] * 101, abs=1.0)


def test_a_framing_stays_within_its_range() -> None:
    rng = np.random.default_rng(1)
    within = Range(size=(0.5, 2.0), aspect=0.0, shift=0.1)

    maps = [framing(rng, within) for _ in range(200)]

    sizes = [by[0, 0] for by in maps]
    assert 0.5 <= min(sizes) < 0.7
    assert 1.5 < max(sizes) <= 2.0
    assert all(np.abs(moved(np.array([[0.5, 0.5]]), by) - 0.5).max() <= 0.1 for by in maps)


def test_exposures_differ_and_stay_between_black_and_white() -> None:
    pictures = np.full((20, 4, 4, 3), 200, np.uint8)

    taken = exposed(np.random.default_rng(0), pictures)

    assert taken.dtype == np.float32
    assert 0.0 <= taken.min() < taken.max() <= 1.0
    assert taken.std(axis=0).min() > 0.03
    assert untouched(pictures).max() == pytest.approx(200 / 255)


def test_planes_are_the_same_all_at_once_and_one_by_one() -> None:
    planes = Planes(5, start=0.5)
    features = tf.random.normal((2, 4, 6, 3), seed=1)

    taught, shipped = planes(features, training=True), planes(features, training=False)

    assert taught.shape == (2, 5, 24)
    np.testing.assert_allclose(taught, shipped, atol=1e-5)


def test_the_rate_rises_then_falls_to_almost_nothing() -> None:
    schedule = Schedule(steps=1000, peak=1.0, warmup=100)

    rates = [schedule.rate(step) for step in range(1000)]

    assert np.argmax(rates) in range(90, 101)
    assert rates[0] < 0.02
    assert rates[-1] < 0.01
    assert np.all(np.diff(rates[100:]) < 0)


def test_each_place_comes_once_before_any_comes_again() -> None:
    drawn = shuffled(np.random.default_rng(0), 10, 3)

    first, second = ([next(drawn) for _ in range(3)] for _ in range(2))

    assert len(set(np.concatenate(first))) == len(set(np.concatenate(second))) == 9
    assert not np.array_equal(first, second)


def test_training_lowers_the_loss_and_is_repeatable() -> None:
    losses = [_line_fitted(seed=3) for _ in range(2)]

    assert losses[0][-1] < 0.1 * losses[0][0]
    assert losses[0] == losses[1]


def _line_fitted(seed: int) -> list[float]:
    tf.keras.utils.set_random_seed(seed)
    model = tf.keras.Sequential([tf.keras.Input((1,)), tf.keras.layers.Dense(1)])
    batches = _points(np.random.default_rng(seed))

    def loss(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        return tf.stack([tf.reduce_mean((model(x) - y) ** 2)])

    return train(model, loss, batches, Schedule(150, peak=0.1, warmup=10), "a line")


def _points(rng: np.random.Generator) -> Iterator[Batch]:
    while True:
        x = rng.uniform(-1, 1, (16, 1)).astype(np.float32)
        yield x, 3 * x + 1


def test_no_scene_is_learnt_from_for_two_seeds_or_held_out_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.argv", ["detector", "--seed", "98"])
    before = asked("detector", MANY, FEW)
    monkeypatch.setattr("sys.argv", ["detector", "--seed", "99"])

    run = asked("detector", MANY, FEW)

    assert before.scenes.stop == run.scenes.start
    assert run.scenes.stop <= HELD_OUT == run.held_out.start
    assert run.held_out.stop <= run.choosing.start


@pytest.mark.parametrize("shape", [(5, 40), (40, 5), (16, 24)])
def test_a_matrix_near_its_closest_orthogonal_one_has_singular_values_near_one(
    shape: tuple[int, int],
) -> None:
    matrix = np.random.default_rng(0).normal(size=shape).astype(np.float32)

    near = orthogonal(tf.constant(matrix)).numpy()

    left, _, right = np.linalg.svd(matrix, full_matrices=False)
    values = np.linalg.svd(near, compute_uv=False)
    assert values.min() > 0.5
    assert values.max() < 1.3
    assert np.abs(near - left @ right).max() < 0.5


def test_muon_moves_every_entry_of_a_kernel_as_far_whatever_the_gradients_size() -> None:
    kernels = [tf.Variable(tf.zeros((3, 3, 8, 16))) for _ in range(2)]
    gradient = tf.random.stateless_normal((3, 3, 8, 16), (1, 2))

    Muon(kernels).apply([gradient, 1e-3 * gradient], tf.constant(0.01))

    large, small = (kernel.numpy() for kernel in kernels)
    assert np.sqrt(np.mean(large**2)) == pytest.approx(0.2 * 0.01, rel=0.3)
    np.testing.assert_allclose(large, small, atol=1e-5)
    assert np.sum(large * gradient.numpy()) < 0.0


@pytest.mark.parametrize("line", [["--short"], ["--seed", "100"]])
def test_a_call_that_cannot_be_meant_is_refused(
    line: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["detector", *line])

    with pytest.raises(SystemExit) as stopped:
        asked("detector", MANY, FEW)

    assert stopped.value.code == 2
    assert line[0].strip("-") in capsys.readouterr().err
