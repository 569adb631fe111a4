"""How the network learns: once through pictures of which no two are the same."""

import os
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from recipes.digits.handwriting import Array, Digits
from recipes.digits.network import network
from recipes.progress import Progress
from recipes.quantise import CALIBRATION

BATCH = 64
"""Pictures per step and replica."""
RATE = 2e-3
AWARE_RATE = 2e-4
"""Once more, with the rounding of eight bits in every step: only a touch."""


def trained(digits: Digits, strategy: tf.distribute.Strategy) -> tf.keras.Model:
    """Return the network having learnt from each of *digits* once."""
    return _taught(network, digits, strategy, RATE)


def aware(
    learnt: tf.keras.Model, digits: Digits, strategy: tf.distribute.Strategy
) -> tf.keras.Model:
    """Return a network that goes on from *learnt* and has felt what quantising will do to it."""
    quantize_model = _quantize_model()

    def begun() -> tf.keras.Model:
        model = network()
        model.set_weights(learnt.get_weights())
        rounding = quantize_model(model)
        _range(rounding, model, digits.images[:CALIBRATION] / np.float32(255.0))
        return rounding

    return _taught(begun, digits, strategy, AWARE_RATE)


def _quantize_model() -> Callable[[tf.keras.Model], tf.keras.Model]:
    """Return what makes a network quantisation-aware."""
    # Its import has TensorFlow look for another Keras than its own, unless that is loaded by then,
    # and leaves that wish to every process to come.
    for keras in (tf.keras, tf.compat.v1.keras, tf.compat.v2.keras):
        dir(keras)
    from tensorflow_model_optimization.quantization.keras import quantize_model

    os.environ.pop("TF_USE_LEGACY_KERAS", None)
    return quantize_model


def _range(rounding: tf.keras.Model, model: tf.keras.Model, samples: Array) -> None:
    """Begin the ranges of *rounding*'s activations with those that *model* has for *samples*.

    They begin at -6 to 6 otherwise and follow by a thousandth a step: too slowly for a touch.
    """
    seen = tf.keras.Model(model.input, [layer.output for layer in model.layers])(samples)
    # The last layer's range is that before its softmax.
    seen[-1] = seen[-2] @ model.layers[-1].kernel + model.layers[-1].bias
    # One layer more: it quantises the input.
    for layer, values in zip(rounding.layers[1:], seen, strict=True):
        for variable in layer.variables:
            if variable.name.endswith(("output_min:0", "activation_min:0")):
                variable.assign(tf.reduce_min(values))
            elif variable.name.endswith(("output_max:0", "activation_max:0")):
                variable.assign(tf.reduce_max(values))


def _taught(
    make: Callable[[], tf.keras.Model],
    digits: Digits,
    strategy: tf.distribute.Strategy,
    rate: float,
) -> tf.keras.Model:
    replicas = strategy.num_replicas_in_sync
    batch = BATCH * replicas
    steps = len(digits) // batch
    with strategy.scope():
        model = make()
        fading = tf.keras.optimizers.schedules.CosineDecay(rate * replicas, steps, alpha=0.01)
        loss = tf.keras.losses.SparseCategoricalCrossentropy()
        model.compile(tf.keras.optimizers.Adam(fading), loss)
    model.fit(batches(digits, batch), epochs=1, verbose=0, callbacks=[_Telling(model.name, steps)])
    # What is converted afterwards lives here, wherever it was taught.
    home = make()
    home.set_weights(model.get_weights())
    return home


def batches(digits: Digits, size: int) -> tf.data.Dataset:
    """Return *digits* in their order as 0..1 and label, in batches of one constant shape."""
    pictures = tf.data.Dataset.from_tensor_slices((digits.images, digits.labels))
    return pictures.batch(size, drop_remainder=True).map(_scaled).prefetch(tf.data.AUTOTUNE)


def _scaled(images: tf.Tensor, labels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    return tf.cast(images, tf.float32) / np.float32(255.0), labels


class _Telling(tf.keras.callbacks.Callback):
    def __init__(self, what: str, steps: int) -> None:
        super().__init__()
        self._progress, self._steps = Progress(f"{what}: steps"), steps

    def on_train_batch_end(self, batch: int, logs: object = None) -> None:
        """Tell how far it is."""
        del logs
        self._progress(batch + 1, self._steps)
