"""Models over a pose space as Keras' configs and as files."""

import os
from typing import Any, ClassVar, Self

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import DTypeLike

from hps_tf.errors import InputError
from hps_tf.geometry import checks
from hps_tf.priors import pose_space, prior_file
from hps_tf.priors.eager_functions import EagerFunctions
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


class StoredPrior(keras.Model):
    """The part of `PosePrior` that builds it and stores it; see there.

    A class derived from this one is known to `load` by its `architectures` as soon as it is
    imported, and to Keras by its name.
    """

    architectures: ClassVar[tuple[str, ...]] = ()
    built: bool

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        keras.saving.register_keras_serializable(cls.__module__.partition(".")[0])(cls)

    def __init__(self, space: PoseSpace, sigma: float, architecture: str | None = None, **options):
        names = self.architectures
        if architecture is None and names:
            architecture = names[0]
        if architecture not in names:
            raise ValueError(
                f"`architecture`: expected one of {', '.join(names)}, received {architecture!r}"
            )
        super().__init__(name=f"{architecture}_prior", autocast=False)
        self._functions = EagerFunctions(self)
        self.space = space
        self.sigma = sigma
        self.architecture = architecture
        self.options = dict(options)
        self.references: dict[str, GaussianMixture] = {}
        self.card: dict = {}

    @property
    def sigma(self) -> float:
        """Standard deviation of the noise that the prior assumes."""
        return self._sigma

    @sigma.setter
    def sigma(self, sigma: float) -> None:
        if not sigma > 0:
            raise ValueError(f"`sigma`: expected a number above 0, received {sigma}")
        self._sigma = float(sigma)
        self._functions.clear()

    @property
    def num_parameters(self) -> int:
        """The number of trainable parameters."""
        return sum(int(np.prod(weight.shape)) for weight in self.trainable_weights)

    def get_config(self) -> dict[str, Any]:
        """See `keras.Model.get_config`."""
        return {
            "space": self.space.name,
            "sigma": self.sigma,
            "architecture": self.architecture,
            **self.options,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """See `keras.Model.from_config`."""
        config = prior_file.tuples(config)
        if len(cls.architectures) == 1:
            config.pop("architecture", None)
        return cls(pose_space.get(config.pop("space")), **config)

    def build_from_config(self, config) -> None:
        """Does nothing: the constructor has built the prior."""

    @classmethod
    def from_preset(cls, name_or_path: str | os.PathLike[str]) -> Self:
        """Loads a pretrained prior by name, or a prior of your own by the path of its file.

        Args:
          name_or_path: See `hps_tf.priors.load`.

        Raises:
          InputError: As `load`, and if the prior is not of this class.
        """
        from hps_tf.priors import pretrained  # It knows all classes, this module none.

        prior = pretrained.load(name_or_path)
        if not isinstance(prior, cls):
            raise InputError(
                f"{name_or_path}: expected a {cls.__name__} ({', '.join(cls.architectures)}), "
                f"received {prior.architecture}"
            )
        return prior

    def save(self, path: str | os.PathLike[str], dtype: DTypeLike = np.float32) -> None:
        """Writes the prior with its references and card to one file, atomically.

        Args:
          path: The file. With the suffix ``.keras`` it has Keras' own format, which
            `keras.models.load_model` reads; otherwise it holds NumPy arrays (``.npz``).
          dtype: The precision of the latter's arrays; float16 halves the file.
        """
        if os.fspath(path).endswith(".keras"):
            prior_file.write_keras(path, super().save)
        else:
            prior_file.write(path, self._content(self.named_weights(), dtype))

    def save_assets(self, directory: str) -> None:
        """Writes references and card into a directory of Keras' file."""
        prior_file.write(os.path.join(directory, "references.npz"), self._content({}))

    def load_assets(self, directory: str) -> None:
        """Reads what `save_assets` wrote."""
        content = prior_file.read(os.path.join(directory, "references.npz"))
        self.references, self.card = content.references, content.card

    @classmethod
    def from_content(cls, path: str | os.PathLike[str], content: PriorFile) -> "StoredPrior":
        """Builds a prior of this class, or of a subclass, from what its file holds.

        Args:
          path: Where that was read, for messages.
          content: The file's content.

        Raises:
          InputError: If no such class has the architecture, or the content does not fit together.
        """
        kinds = _kinds(cls)
        if content.preset not in kinds:
            names = ", ".join(kinds)
            raise InputError(
                f"{path}: `preset`: expected one of {names}, received {content.preset!r}"
            )
        try:
            config = {"space": content.space, "sigma": content.sigma, **content.options}
            prior = kinds[content.preset].from_config({**config, "architecture": content.preset})
            weights = prior.named_weights()
            if weights.keys() != content.weights.keys():
                differing = sorted(weights.keys() ^ content.weights.keys())
                raise ValueError(f"missing or unknown weights: {', '.join(differing)}")
            for name, weight in weights.items():
                checks.shape(name, content.weights[name], tuple(weight.shape))
                weight.assign(content.weights[name].astype(weight.dtype))
        except _UNFIT as error:
            raise InputError(f"{path}: {error}") from error
        prior.references = content.references
        prior.card = content.card
        return prior

    def named_weights(self) -> dict[str, keras.Variable]:
        """The weights by names that do not depend on how Keras counts layers."""
        return {
            f"{layer.name}/{index}_{weight.name}": weight
            for layer in self._layers_in_order()
            for index, weight in enumerate(layer.weights)
            if "seed" not in weight.name
        }

    def _layers_in_order(self) -> tuple[keras.layers.Layer, ...]:
        """All layers that have weights."""
        return (self,)

    def _content(self, weights: dict[str, keras.Variable], dtype: DTypeLike = np.float32):
        return PriorFile(
            preset=self.architecture,
            space=self.space.name,
            sigma=self.sigma,
            options=dict(self.options),
            weights={name: weight.numpy().astype(dtype) for name, weight in weights.items()},
            references=dict(self.references),
            card=dict(self.card),
        )


def _kinds(base: type[StoredPrior]) -> dict[str, type[StoredPrior]]:
    """A class and all imported ones derived from it, by their architectures."""
    kinds = dict.fromkeys(base.architectures, base)
    for derived in base.__subclasses__():
        kinds |= {name: kind for name, kind in _kinds(derived).items() if name not in kinds}
    return kinds
