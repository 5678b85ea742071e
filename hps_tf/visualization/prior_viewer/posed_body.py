"""The body that the viewer shows: a latent and a shape, and what follows from them.

Convention: y up, facing +z, metres; the lowest vertex stands on the floor y = 0.
"""

from typing import NamedTuple

import numpy as np

from hps_tf.body import BodyModel
from hps_tf.priors import PosePrior
from hps_tf.visualization.portraits import standing
from hps_tf.visualization.prior_viewer import score_scale
from hps_tf.visualization.prior_viewer.latent_directions import LatentDirections


class Look(NamedTuple):
    """What there is to see.

    Attributes:
      vertices: `(V, 3)` float32.
      score: Nats; see `score_scale`.
    """

    vertices: np.ndarray
    score: float


class PosedBody:
    """A body whose pose is a point of a prior's latent space.

        posed = PosedBody(prior, body, latent_directions.principal(prior, body))
        posed.move(0, 1.5)
        posed.look().vertices  # (V, 3)

    Args:
      prior: With L latents.
      body: The body model, with S shape components.
      directions: Those that `coordinates` are along.

    Attributes:
      latent: `(L,)`, at first 0.
      shape: `(S,)`, at first 0.
    """

    def __init__(self, prior: PosePrior, body: BodyModel, directions: LatentDirections):
        self._prior = prior
        self._body = body
        self._basis = directions.basis
        self.latent = np.zeros(prior.latent_dim)
        self.shape = np.zeros(body.num_shape)

    @property
    def coordinates(self) -> np.ndarray:
        """The latent along the directions, `(L,)`."""
        return self._basis.T @ self.latent

    def move(self, direction: int, coordinate: float) -> None:
        """Moves the latent along one direction to a coordinate; the others stay."""
        column = self._basis[:, direction]
        self.latent = self.latent + (coordinate - column @ self.latent) * column

    def draw(self, rng: np.random.Generator) -> None:
        """Takes a random latent of the prior."""
        self.latent = rng.normal(size=self.latent.shape)

    def look(self) -> Look:
        """Decodes the latent, and poses and rates the body."""
        vectors = self._prior.decode(self.latent[None].astype(np.float32))
        (score,) = score_scale.score(self._prior, vectors)
        matrices = self._prior.space.to_matrices(vectors)
        (vertices,) = standing(self._body, matrices, self.shape[None].astype(np.float32))
        return Look(vertices.astype(np.float32), float(score))
