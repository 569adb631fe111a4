"""The layers both networks are made of: what learns well here and what the Edge TPU takes.

Plain convolutions with batch norm and ReLU6, which the converter folds into one operator.
"""

import tensorflow as tf

keras = tf.keras


def convolution(
    features: tf.Tensor, channels: int, kernel: int = 3, stride: int = 1, *, active: bool = True
) -> tf.Tensor:
    """Return *features* after a convolution, batch norm and, when *active*, ReLU6."""
    features = keras.layers.Conv2D(
        channels, kernel, stride, "same", use_bias=False, kernel_initializer="he_normal"
    )(features)
    features = keras.layers.BatchNormalization(momentum=0.97)(features)
    return keras.layers.ReLU(6.0)(features) if active else features


def residual(features: tf.Tensor) -> tf.Tensor:
    """Return *features* with what a narrow 1x1 and a 3x3 convolution add to them."""
    channels = features.shape[-1]
    added = convolution(features, channels // 2, kernel=1)
    added = convolution(added, channels, active=False)
    return keras.layers.ReLU(6.0)(keras.layers.Add()([features, added]))


def merged(fine: tf.Tensor, coarse: tf.Tensor) -> tf.Tensor:
    """Return *fine* with *coarse*, of half its size, laid over it."""
    channels = fine.shape[-1]
    lateral = convolution(fine, channels, kernel=1, active=False)
    above = keras.layers.UpSampling2D(2)(convolution(coarse, channels, kernel=1, active=False))
    return keras.layers.ReLU(6.0)(keras.layers.Add()([lateral, above]))


class Planes(tf.keras.layers.Layer):
    """A 1x1 convolution that gives its channels one after another: [batch, channels, places].

    TensorFlow writes channels side by side. Turning them over would need TRANSPOSE, which is slow
    or refused on accelerators; at inference each channel is therefore a convolution of its own,
    with the same weights and the same result.
    """

    def __init__(self, channels: int, start: float = 0.0) -> None:
        """Give *channels* planes whose bias is *start* at first."""
        super().__init__()
        self.channels = channels
        self._start = start

    def build(self, shape: tf.TensorShape) -> None:
        """Make kernel and bias for features of *shape* [batch, height, width, channels]."""
        self.places = shape[1] * shape[2]
        self.kernel = self.add_weight("kernel", (1, 1, shape[3], self.channels))
        begin = keras.initializers.Constant(self._start)
        self.bias = self.add_weight("bias", (self.channels,), initializer=begin)

    def call(self, features: tf.Tensor, *, training: bool = False) -> tf.Tensor:
        """Return [batch, channels, places]."""
        if not training:
            return tf.concat([self.plane(features, n) for n in range(self.channels)], axis=1)
        planes = tf.nn.conv2d(features, self.kernel, 1, "VALID") + self.bias
        return tf.transpose(tf.reshape(planes, (-1, self.places, self.channels)), (0, 2, 1))

    def plane(self, features: tf.Tensor, number: int) -> tf.Tensor:
        """Return plane *number* alone, [batch, 1, places]."""
        one = slice(number, number + 1)
        plane = tf.nn.conv2d(features, self.kernel[..., one], 1, "VALID") + self.bias[one]
        return tf.reshape(plane, (-1, 1, self.places))
