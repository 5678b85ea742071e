"""A grid of latents of the flow prior, and the poses that it decodes them to."""

import numpy as np

from hps_tf import priors
from hps_tf.body import BodyModel, load_default
from hps_tf.priors import PosePrior
from hps_tf.visualization import contact_sheet, palette, portraits

_PRIOR = "cmu-6d-light"
_STEPS = (-2.0, -1.0, 0.0, 1.0, 2.0)
_NUM_SAMPLES = 2000
_CELL = (190, 160)


def draw() -> np.ndarray:
    """Draws the figure: `(H, W, 3)` uint8 RGB."""
    prior = priors.load(_PRIOR)
    body = load_default(3000)
    directions = latent_directions(prior, body)
    first, second = np.meshgrid(_STEPS, _STEPS)
    places = np.stack([first.ravel(), -second.ravel()], axis=-1).astype(np.float32)
    vectors = prior.decode(places @ directions)
    nats = prior.log_prob(vectors).numpy()
    is_middle = np.abs(places).sum(axis=1) == 0
    pictures = portraits(
        body,
        prior.space.to_matrices(vectors).numpy(),
        _CELL,
        np.where(is_middle[:, None], palette.ACCENT, palette.SKIN),
        "flow",
    )
    captions = [
        f"a {a:+.0f}, b {b:+.0f}: {value:.0f} nats"
        for (a, b), value in zip(places + 0.0, nats, strict=True)
    ]
    return contact_sheet(
        pictures,
        len(_STEPS),
        title=f"{_PRIOR}: decode(a·u + b·v), and log_prob of each pose",
        captions=captions,
    )


def latent_directions(prior: PosePrior, body: BodyModel) -> np.ndarray:
    """Finds the two latent directions along which joints move most.

    Joints of random samples are regressed linearly on their latents; the first two right singular
    vectors of the matrix are the directions.

    Returns:
      `(2, D)` of unit length, orthogonal.
    """
    latents = np.random.default_rng(0).normal(size=(_NUM_SAMPLES, prior.latent_dim))
    latents = latents.astype(np.float32)
    rotations = prior.space.to_matrices(prior.decode(latents))
    joints = body.joints(rotation_matrices=rotations).numpy().reshape(_NUM_SAMPLES, -1)
    matrix, *_ = np.linalg.lstsq(latents, joints - joints.mean(axis=0), rcond=None)
    directions, *_ = np.linalg.svd(matrix, full_matrices=False)
    return directions[:, :2].T.astype(np.float32)
