"""Convolution with a standardized kernel.

Deep plain stacks of convolutions train badly without normalization, and normalizing by the batch
makes a replica's result depend on its share of the batch. Standardizing the kernel keeps the scale
of the activations without looking at them (Brock et al. 2021, "Characterizing signal propagation to
close the performance gap in unnormalized ResNets", Eq. 4), at the cost of one pass over the kernel.
"""

import math

import keras
from keras import ops

_EPSILON = 1e-4

RELU_GAIN = math.sqrt(2.0 / (1.0 - 1.0 / math.pi))
"""One over the standard deviation of the ReLU of a standard normal variable."""


@keras.saving.register_keras_serializable("hps_tf")
class StandardizedConv2D(keras.layers.Conv2D):
    """A convolution followed by ReLU, its kernel of mean 0 and of the variance that ReLU needs.

    Takes the arguments of `keras.layers.Conv2D`, but for the activation.
    """

    def __init__(self, filters, kernel_size, **options):
        options = {"padding": "same", "kernel_initializer": "he_normal", **options}
        super().__init__(filters, kernel_size, activation="relu", **options)

    def convolution_op(self, inputs, kernel):
        """Convolves with the standardized kernel; computed in float32 at any precision."""
        fan_in = math.prod(kernel.shape[:3])
        wide = ops.cast(kernel, "float32")
        mean, variance = ops.moments(wide, axes=(0, 1, 2), keepdims=True)
        scale = RELU_GAIN * ops.rsqrt(fan_in * variance + _EPSILON)
        return super().convolution_op(inputs, ops.cast((wide - mean) * scale, kernel.dtype))

    def get_config(self):
        """See `keras.layers.Layer.get_config`."""
        config = super().get_config()
        del config["activation"]
        return config
