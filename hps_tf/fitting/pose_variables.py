"""Pose parameterisations for fitting, and the prior energy of each.

A prior acts in latent space, where the variables are its latents and its energy is that of a
standard normal (Zanfir et al. 2020, Eq. 6), or in ambient space, where the variables are the pose
itself and the energy is the prior's own (Eq. 5).

The prior's weights are handed out and taken back as tensors: a compiled fit takes them as
arguments, so that priors of one structure share it.
"""

import abc

import keras
import numpy as np
import tensorflow as tf

from hps_tf.priors import GaussianMixture, PosePrior
from hps_tf.priors.pose_space import PoseSpace

Parameters = tuple[tf.Tensor, ...]

STARTS = ("zero", "mode")


class PoseVariables(abc.ABC):
    """The variables of a pose, `(B, d)`, scaled to move by about 1.

    Attributes:
      dim: Their number, d.
      is_latent: Whether the energy is that of a standard normal, 0.5 |variables|².
    """

    dim: int
    is_latent = False

    @abc.abstractmethod
    def parameters(self) -> Parameters:
        """Gives the prior's weights, the `parameters` of the other methods."""

    @abc.abstractmethod
    def rotation_matrices(self, variables: tf.Tensor, parameters: Parameters) -> tf.Tensor:
        """Gives `(B, d)` variables as `(B, 24, 3, 3)` local rotations, root and hands identity."""

    @abc.abstractmethod
    def energy(self, variables: tf.Tensor, parameters: Parameters) -> tf.Tensor:
        """Rates `(B, d)` variables: `(B,)` nats, up to a constant of the prior."""

    @abc.abstractmethod
    def start(self) -> np.ndarray:
        """Gives the `(d,)` variables to start from."""

    @abc.abstractmethod
    def encode(self, rotation_matrices: tf.Tensor) -> tf.Tensor:
        """Gives `(B, 24, 3, 3)` local rotations as `(B, d)` variables, to start from a pose."""


class _Latent(PoseVariables):
    """Standard normal variables; their mode is zero."""

    is_latent = True

    def energy(self, variables, parameters):
        """See `PoseVariables.energy`; Eq. 6."""
        del parameters
        return 0.5 * tf.reduce_sum(tf.square(variables), axis=-1)

    def start(self):
        """See `PoseVariables.start`."""
        return np.zeros(self.dim, np.float32)


class _Ambient(PoseVariables):
    """Vectors of a pose space.

    Args:
      space: The pose space.
      start: ``"zero"``, the T-pose, as the paper has it; or ``"mode"``, a likely pose.
      mode: `(D,)` that likely pose.
    """

    def __init__(self, space: PoseSpace, start: str, mode: np.ndarray):
        if start not in STARTS:
            raise ValueError(f"`start`: expected one of {', '.join(STARTS)}, received {start!r}")
        self.dim = space.dim
        self._space = space
        still = tf.eye(3, batch_shape=(24,))
        self._start = np.asarray(space.from_matrices(still) if start == "zero" else mode)

    def rotation_matrices(self, variables, parameters):
        """See `PoseVariables.rotation_matrices`."""
        del parameters
        return self._space.to_matrices(variables)

    def start(self):
        """See `PoseVariables.start`."""
        return self._start.astype(np.float32)

    def encode(self, rotation_matrices):
        """See `PoseVariables.encode`."""
        return self._space.from_matrices(rotation_matrices)


class LatentPrior(_Latent):
    """The latents of a flow or a VAE.

    Args:
      prior: The prior.
    """

    def __init__(self, prior: PosePrior):
        self._prior = prior
        self.dim = prior.latent_dim

    def parameters(self):
        """See `PoseVariables.parameters`."""
        return _weights(self._prior)

    def rotation_matrices(self, variables, parameters):
        """See `PoseVariables.rotation_matrices`."""
        with _holding(self._prior, parameters):
            return self._prior.space.to_matrices(self._prior.decode(variables))

    def encode(self, rotation_matrices):
        """See `PoseVariables.encode`."""
        return self._prior.encode(self._prior.space.from_matrices(rotation_matrices))


class AmbientPrior(_Ambient):
    """The pose, rated by a prior's energy.

    That is a flow's negative log-likelihood (Eq. 5), or its counterpart of a VAE or discriminators.

    Args:
      prior: The prior.
      mode: `(D,)` a likely pose of its space; see `mode` of this module for a flow's.
      start: ``"zero"`` or ``"mode"``.
    """

    def __init__(self, prior: PosePrior, mode: np.ndarray, start: str = "mode"):
        super().__init__(prior.space, start, mode)
        self._prior = prior

    def parameters(self):
        """See `PoseVariables.parameters`."""
        return _weights(self._prior)

    def energy(self, variables, parameters):
        """See `PoseVariables.energy`."""
        with _holding(self._prior, parameters):
            return self._prior.energy(variables)


class LatentGaussian(_Latent):
    """A Gaussian in its whitened coordinates: the control for what a flow's curvature adds.

    Args:
      gaussian: A mixture of one component.
      space: Its pose space.
    """

    def __init__(self, gaussian: GaussianMixture, space: PoseSpace):
        self.dim = space.dim
        self._space = space
        values, axes = np.linalg.eigh(gaussian.covariances[0])
        self._mean = gaussian.means[0]
        self._root = (axes * np.sqrt(values)) @ axes.T
        self._inverse_root = (axes / np.sqrt(values)) @ axes.T

    def parameters(self):
        """See `PoseVariables.parameters`."""
        return tf.constant(self._mean, tf.float32), tf.constant(self._root, tf.float32)

    def rotation_matrices(self, variables, parameters):
        """See `PoseVariables.rotation_matrices`."""
        mean, root = parameters
        return self._space.to_matrices(mean + tf.matmul(variables, root))

    def encode(self, rotation_matrices):
        """See `PoseVariables.encode`."""
        offsets = self._space.from_matrices(rotation_matrices) - tf.constant(self._mean, tf.float32)
        return tf.matmul(offsets, tf.constant(self._inverse_root, tf.float32))


class AmbientMixture(_Ambient):
    """The pose, rated by a mixture's closest mode, as SMPLify does.

    Args:
      mixture: The mixture.
      space: Its pose space.
      start: ``"zero"`` or ``"mode"``, here the mixture's mean.
    """

    def __init__(self, mixture: GaussianMixture, space: PoseSpace, start: str = "mode"):
        super().__init__(space, start, mixture.weights @ mixture.means)
        self._mixture = mixture

    def parameters(self):
        """See `PoseVariables.parameters`."""
        return self._mixture.parameters()

    def energy(self, variables, parameters):
        """See `PoseVariables.energy`."""
        return self._mixture.closest_mode_energy(variables, parameters)


class NoPrior(_Ambient):
    """The pose, all poses alike.

    Args:
      space: The pose space.
      start: ``"zero"`` or ``"mode"``.
      mode: `(D,)` the pose that ``"mode"`` starts from.
    """

    def __init__(self, space: PoseSpace, mode: np.ndarray, start: str = "zero"):
        super().__init__(space, start, mode)

    def parameters(self):
        """See `PoseVariables.parameters`."""
        return ()

    def energy(self, variables, parameters):
        """See `PoseVariables.energy`."""
        del parameters
        return tf.zeros_like(variables[:, 0])


def mode(prior: PosePrior) -> np.ndarray:
    """Gives the pose of a prior's latent zero, `(D,)` of its space."""
    return prior.space.project(prior.decode(tf.zeros((1, prior.latent_dim))))[0].numpy()


def _weights(model: keras.Model) -> Parameters:
    return tuple(tf.convert_to_tensor(variable.value) for variable in model.variables)


def _holding(model: keras.Model, parameters: Parameters) -> keras.StatelessScope:
    """A scope in which the model's weights are the given tensors."""
    return keras.StatelessScope(state_mapping=list(zip(model.variables, parameters, strict=True)))
