"""The signatures of a served pose prior.

  signature   inputs                      outputs
  log_prob    x (N, D)                    log_prob (N,), nats; also `serving_default`
  sample      n (), seed () int32         x (n, D), pose (n, 24, 3)
  encode      x (N, D)                    latent (N, D)
  decode      latent (N, D)               x (N, D), pose (N, 24, 3)

Floats are float32 and N is any number. `x` is a vector of the prior's pose space, of D = 63
(axis-angle) or 126 (6D) numbers; `pose` is axis-angle in radians, root and hands zero.
"""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from hps_tf.body.skeleton import NUM_JOINTS
from hps_tf.priors import PosePrior

Signature = Callable[..., dict[str, tf.Tensor]]
Request = dict[str, np.ndarray]


def signatures(prior: PosePrior) -> dict[str, Signature]:
    """Makes the functions to serve, none of them compiled ahead by XLA.

    TensorFlow Serving runs compiled functions on a CPU only where it was told so at its start.

    Args:
      prior: Whose weights the functions read.

    Returns:
      `tf.function`s by signature name, with named inputs and outputs.
    """
    space = prior.space
    x_spec = tf.TensorSpec((None, space.dim), tf.float32, name="x")
    latent_spec = tf.TensorSpec((None, space.dim), tf.float32, name="latent")
    count_spec = tf.TensorSpec((), tf.int32, name="n")
    seed_spec = tf.TensorSpec((), tf.int32, name="seed")

    # Shapes known beforehand are part of a signature: clients read them.
    def vector_and_pose(x):
        x = tf.ensure_shape(x, x_spec.shape)
        return {"x": x, "pose": tf.ensure_shape(space.to_pose(x), (None, NUM_JOINTS, 3))}

    @tf.function(input_signature=[x_spec], autograph=False)
    def log_prob(x):
        return {"log_prob": tf.ensure_shape(prior.log_prob(x), (None,))}

    @tf.function(input_signature=[count_spec, seed_spec], autograph=False)
    def sample(n, seed):
        return vector_and_pose(prior.sample(n, seed))

    @tf.function(input_signature=[x_spec], autograph=False)
    def encode(x):
        return {"latent": tf.ensure_shape(prior.encode(x), latent_spec.shape)}

    @tf.function(input_signature=[latent_spec], autograph=False)
    def decode(latent):
        return vector_and_pose(prior.decode(latent))

    return {
        "serving_default": log_prob,
        "log_prob": log_prob,
        "sample": sample,
        "encode": encode,
        "decode": decode,
    }


def reference_requests(prior: PosePrior) -> dict[str, Request]:
    """Makes a small request of each signature, in batches of different sizes."""
    x = prior.sample(4, seed=0).numpy()
    latent = np.random.default_rng(0).standard_normal(x.shape, np.float32)
    return {
        "serving_default": {"x": x[:1]},
        "log_prob": {"x": x},
        "sample": {"n": np.int32(3), "seed": np.int32(1)},
        "encode": {"x": x[:2]},
        "decode": {"latent": latent},
    }
