"""What every step of a flow must satisfy."""

import numpy as np
import tensorflow as tf


def perturb(layer, scale: float = 0.2, seed: int = 0) -> None:
    """Moves the trainable weights away from the identity."""
    rng = np.random.default_rng(seed)
    for weight in layer.trainable_weights:
        weight.assign(weight.numpy() + scale * rng.normal(size=weight.shape))


def latent_and_log_det(bijector, x) -> tuple[np.ndarray, np.ndarray]:
    """The density direction."""
    latent = bijector.inverse(x)
    log_det = bijector.inverse_log_det_jacobian(x, event_ndims=1)
    return latent.numpy(), np.broadcast_to(log_det, x.shape[:-1])


def jacobians(function, x) -> np.ndarray:
    """`(N, D, D)` derivatives by reverse mode, one output at a time."""
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        outputs = tf.unstack(function(x), axis=-1)
    return np.stack([tape.gradient(output, x).numpy() for output in outputs], axis=-2)


def assert_invertible_with_right_log_det(bijector, x, atol: float = 1e-4) -> None:
    latent, claimed = latent_and_log_det(bijector, x)
    back = bijector.forward(tf.constant(latent)).numpy()
    np.testing.assert_allclose(back, x, atol=atol)
    derivative = jacobians(lambda value: bijector.inverse(value), tf.identity(x))
    np.testing.assert_allclose(claimed, np.linalg.slogdet(derivative)[1], atol=atol)
    forward = bijector.forward_log_det_jacobian(tf.constant(latent), event_ndims=1)
    np.testing.assert_allclose(np.broadcast_to(forward, claimed.shape), -claimed, atol=atol)
