"""A method of a pose prior as a layer of Keras' functional models."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("hps_tf")
class PriorLayer(keras.layers.Layer):
    """Calls a method of a prior, so that the method takes Keras' symbolic tensors.

    Args:
      prior: The prior.
      method: ``"log_prob"``, ``"energy"``, ``"encode"`` or ``"decode"``.
    """

    def __init__(self, prior: keras.Model, method: str, **kwargs):
        super().__init__(autocast=False, **kwargs)
        self.prior = prior
        self.method = method
        self.built = True

    def call(self, x: tf.Tensor) -> tf.Tensor:
        """Maps `(..., D)` vectors by the method."""
        return getattr(self.prior, self.method)(x)

    def get_config(self):
        """See `keras.layers.Layer.get_config`."""
        prior = keras.saving.serialize_keras_object(self.prior)
        return {"name": self.name, "prior": prior, "method": self.method}

    @classmethod
    def from_config(cls, config):
        """See `keras.layers.Layer.from_config`."""
        return cls(**{**config, "prior": keras.saving.deserialize_keras_object(config["prior"])})
