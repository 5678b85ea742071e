"""What all trained pose priors have in common: a pose space, an energy, and a file."""

import os
from typing import Self

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import DTypeLike

from hps_tf.errors import InputError
from hps_tf.geometry import checks
from hps_tf.priors import pose_space, prior_file
from hps_tf.priors.gmm import GaussianMixture
from hps_tf.priors.pose_space import PoseSpace
from hps_tf.priors.prior_file import PriorFile

#: What building from the options of a damaged file can raise.
_UNFIT = (
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    TypeError,
    ValueError,
    tf.errors.OpError,
)


class PosePrior(keras.Model):
    """A trained model of which poses are plausible.

    A subclass is built by ``cls(space, sigma, preset, **options)``.

    Args:
      space: The pose space.
      sigma: Standard deviation of the noise that the prior reckons with; each class says of what.
      preset: The architecture's name; a file tells by it which class a prior is of.
      **options: The architecture's options.

    Attributes:
      references: Densities fitted to the same training data, by name.
      card: What the prior was trained on and how, and the figures measured.

    Raises:
      ValueError: If sigma is not positive.
    """

    def __init__(self, space: PoseSpace, sigma: float, preset: str, **options):
        super().__init__(name=f"{preset}_prior")
        if not sigma > 0:
            raise ValueError(f"`sigma` must be positive, got {sigma}")
        self.space = space
        self.sigma = float(sigma)
        self.preset = preset
        self.options = dict(options)
        self.references: dict[str, GaussianMixture] = {}
        self.card: dict = {}

    def energy(self, x: tf.Tensor) -> tf.Tensor:
        """How implausible poses are: for fitting, in the place of a negative log-density.

        Args:
          x: `(..., D)` vectors of the pose space.

        Returns:
          `(...)`; lower is more plausible.
        """
        raise NotImplementedError

    @property
    def num_parameters(self) -> int:
        """The number of trainable parameters."""
        return sum(int(np.prod(weight.shape)) for weight in self.trainable_weights)

    def save(self, path: str | os.PathLike[str], dtype: DTypeLike = np.float32) -> None:
        """Writes the prior with its references and card to one ``.npz`` file, atomically.

        Args:
          path: The file, of any name: what it holds does not depend on it.
          dtype: What the weights are rounded to; float16 halves the file.
        """
        weights = self.named_weights()
        content = PriorFile(
            preset=self.preset,
            space=self.space.name,
            sigma=self.sigma,
            options=dict(self.options),
            weights={name: weight.numpy().astype(dtype) for name, weight in weights.items()},
            references=dict(self.references),
            card=dict(self.card),
        )
        prior_file.write(path, content)

    @classmethod
    def restore(cls, path: str | os.PathLike[str]) -> Self:
        """Reads a prior that `save` wrote.

        Raises:
          FileNotFoundError: If there is no such file.
          InputError: If the file is not such a prior, or is damaged; names file and field.
        """
        return cls.from_content(path, prior_file.read(path))

    @classmethod
    def from_content(cls, path: str | os.PathLike[str], content: PriorFile) -> Self:
        """Builds a prior from what its file holds.

        Args:
          path: Where that was read, for messages.
          content: The file's content.

        Raises:
          InputError: If the content does not fit together.
        """
        try:
            space = pose_space.get(content.space)
            prior = cls(space, content.sigma, content.preset, **content.options)
            weights = prior.named_weights()
            if weights.keys() != content.weights.keys():
                differing = sorted(weights.keys() ^ content.weights.keys())
                raise ValueError(f"missing or unknown weights: {', '.join(differing)}")
            for name, weight in weights.items():
                checks.shape(name, content.weights[name], tuple(weight.shape))
                weight.assign(content.weights[name].astype(np.float32))
        except _UNFIT as error:
            raise InputError(f"{path}: {error}") from error
        prior.references = content.references
        prior.card = content.card
        return prior

    def _layers_in_order(self) -> tuple[keras.layers.Layer, ...]:
        """All layers that have weights."""
        raise NotImplementedError

    def named_weights(self) -> dict[str, keras.Variable]:
        """The weights by names that do not depend on how Keras counts layers."""
        return {
            f"{layer.name}/{index}_{weight.name}": weight
            for layer in self._layers_in_order()
            for index, weight in enumerate(layer.weights)
            if "seed" not in weight.name
        }
