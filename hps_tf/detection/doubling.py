"""Twice the rows and columns, by bilinear interpolation, also of maps whose size is not static."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("hps_tf")
class Doubling(keras.layers.Layer):
    """Doubles the rows and columns of `(B, H, W, C)`.

    `keras.layers.UpSampling2D` does the same, but for static sizes alone.
    """

    def call(self, maps: tf.Tensor) -> tf.Tensor:
        """Interpolates."""
        return tf.image.resize(maps, 2 * tf.shape(maps)[1:3])

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Keeps the channels."""
        batch, height, width, channels = input_shape
        return batch, height and 2 * height, width and 2 * width, channels
