"""The network: a depthwise-separable convolution after Zhang et al., "Hello Edge" (2017).

Wider where it is coarser: the first two blocks see 25 by 5 places, the others 13 by 3. Every layer
is one the Edge TPU knows.
"""

import tensorflow as tf

from recipes.keyword.script import LABELS

layers = tf.keras.layers

SHAPE = (49, 10, 1)
BLOCKS = ((64, 1), (64, 1), (128, 2), (128, 1), (128, 1))
"""Channels and stride of each."""


def network() -> tf.keras.Model:
    """Return a new network: features [49, 10, 1] to a share for each label."""
    features = layers.Input(SHAPE)
    seen = layers.Conv2D(BLOCKS[0][0], (10, 4), strides=2, padding="same", use_bias=False)(features)
    seen = _active(seen)
    seen = layers.Dropout(0.1)(seen)
    for channels, stride in BLOCKS:
        seen = layers.DepthwiseConv2D(3, strides=stride, padding="same", use_bias=False)(seen)
        seen = layers.Conv2D(channels, 1, use_bias=False)(_active(seen))
        seen = _active(seen)
    seen = layers.AveragePooling2D(seen.shape[1:3])(seen)
    seen = layers.Dropout(0.3)(layers.Flatten()(seen))
    return tf.keras.Model(features, layers.Dense(len(LABELS), activation="softmax")(seen))


def _active(seen: tf.Tensor) -> tf.Tensor:
    return layers.ReLU()(layers.BatchNormalization()(seen))
