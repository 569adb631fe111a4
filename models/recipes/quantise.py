"""Quantising: a Keras model becomes a .tflite that is whole numbers from end to end.

The only module that knows TensorFlow's converter. What the Edge TPU asks of a file is settled here:
a batch of one, constant shapes, 8-bit inputs, outputs and everything between.
"""

from typing import Any

import numpy.typing as npt
import tensorflow as tf

CALIBRATION = 200
"""Samples the ranges of the activations are taken from; more change nothing."""


def quantised(
    model: tf.keras.Model, samples: npt.NDArray[Any], *, into: tf.DType = tf.uint8
) -> bytes:
    """Return *model* as a TFLite file with int8 weights, activations and outputs.

    Args:
        model: float, for one input of a constant shape; its dropout and batch norm are at rest.
        samples: inputs as the model was trained on, [n, ...]: the ranges of its activations come
            from these.
        into: type of the input tensor, ``tf.uint8`` or ``tf.int8``.
    """
    converter = _converter(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([sample[None].astype("f4")] for sample in samples)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = into
    converter.inference_output_type = tf.int8
    return bytes(converter.convert())


def unquantised(model: tf.keras.Model) -> bytes:
    """Return *model* as a TFLite file in float32: what the quantised one is compared with."""
    return bytes(_converter(model).convert())


def _converter(model: tf.keras.Model) -> tf.lite.TFLiteConverter:
    """Return a converter of *model* as a function of one sample: no dimension stays open."""

    @tf.function(input_signature=[tf.TensorSpec((1, *model.input_shape[1:]), tf.float32)])
    def infer(sample: tf.Tensor) -> tf.Tensor:
        return model(sample, training=False)

    return tf.lite.TFLiteConverter.from_concrete_functions([infer.get_concrete_function()], model)
