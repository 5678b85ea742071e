"""hps_tf: a TensorFlow/Keras model garden for 3D human pose and shape."""

__version__ = "0.1.0"
