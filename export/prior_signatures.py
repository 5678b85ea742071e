"""The signatures of a pose prior.

  prior_log_prob  x (N, D) float32              log_prob (N,) float32, nats
  prior_sample    n (), seed () int32           x (n, D), pose (n, 24, 3) float32; n is 0..100,000
  encode          x (N, D) float32              latent (N, D) float32
  decode          latent (N, D) float32         x (N, D), pose (N, 24, 3) float32

N is any number. `x` is a vector of the prior's pose space, of D = 63 (axis-angle) or 126 (6D)
numbers; `pose` is axis-angle in radians, root and hands zero.
"""

import numpy as np
import tensorflow as tf

from export import input_checks
from export.served_weights import ServedWeights
from export.signature import Answer, Request, Signature
from hps_tf.body.skeleton import NUM_JOINTS
from hps_tf.priors import PosePrior

MAX_SAMPLES = 100_000


def signatures(prior: PosePrior, weights: ServedWeights) -> dict[str, Signature]:
    """Makes the functions to serve, none of them compiled ahead by XLA.

    Args:
      prior: The prior.
      weights: Its weights among others.

    Returns:
      `tf.function`s by signature name, with named inputs and outputs.
    """
    space = prior.space
    x_spec = tf.TensorSpec((None, space.dim), tf.float32, name="x")
    latent_spec = tf.TensorSpec((None, space.dim), tf.float32, name="latent")
    count_spec = tf.TensorSpec((), tf.int32, name="n")
    seed_spec = tf.TensorSpec((), tf.int32, name="seed")

    def checked(name: str, vectors: tf.Tensor) -> tf.Tensor:
        vectors = input_checks.shaped(name, vectors, (None, space.dim))
        return input_checks.all_items(
            vectors, input_checks.are_finite(vectors), f"`{name}`: expected finite numbers"
        )

    # Shapes known beforehand are part of a signature: clients read them.
    def vector_and_pose(x: tf.Tensor) -> Answer:
        x = tf.ensure_shape(x, x_spec.shape)
        return {"x": x, "pose": tf.ensure_shape(space.to_pose(x), (None, NUM_JOINTS, 3))}

    @tf.function(input_signature=[x_spec], autograph=False)
    def log_prob(x: tf.Tensor) -> Answer:
        x = checked("x", x)
        with weights.in_use():
            return {"log_prob": tf.ensure_shape(prior.log_prob(x), (None,))}

    @tf.function(input_signature=[count_spec, seed_spec], autograph=False)
    def sample(n: tf.Tensor, seed: tf.Tensor) -> Answer:
        n = input_checks.between("n", input_checks.shaped("n", n, ()), 0, MAX_SAMPLES)
        seed = input_checks.shaped("seed", seed, ())
        with weights.in_use():
            return vector_and_pose(prior.sample(n, seed))

    @tf.function(input_signature=[x_spec], autograph=False)
    def encode(x: tf.Tensor) -> Answer:
        x = checked("x", x)
        with weights.in_use():
            return {"latent": tf.ensure_shape(prior.encode(x), latent_spec.shape)}

    @tf.function(input_signature=[latent_spec], autograph=False)
    def decode(latent: tf.Tensor) -> Answer:
        latent = checked("latent", latent)
        with weights.in_use():
            return vector_and_pose(prior.decode(latent))

    return {
        "prior_log_prob": log_prob,
        "prior_sample": sample,
        "encode": encode,
        "decode": decode,
    }


def requests(prior: PosePrior, count: int, seed: int) -> dict[str, Request]:
    """Makes a random request of `count` items to each signature."""
    x = prior.sample(count, seed).numpy()
    latent = np.random.default_rng(seed).standard_normal(x.shape, np.float32)
    return {
        "prior_log_prob": {"x": x},
        "prior_sample": {"n": np.array(count, np.int32), "seed": np.array(seed, np.int32)},
        "encode": {"x": x},
        "decode": {"latent": latent},
    }
