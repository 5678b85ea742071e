"""`fit` of priors inside MirroredStrategy on two logical CPUs."""

import sys

import keras
import numpy as np
import tensorflow as tf

from hps_tf.priors import FlowPrior, MixturePrior, PoseVAE
from hps_tf.priors.pose_space import AXIS_ANGLE

PRIORS = {
    "flow": lambda: FlowPrior(AXIS_ANGLE, 0.1, "light", num_steps=1, num_joint_steps=1),
    "mixture": lambda: MixturePrior(AXIS_ANGLE, 0.1, num_components=2),
    "vae": lambda: PoseVAE(AXIS_ANGLE, 0.5, hidden_units=8, latent_dim=4, dropout=0.0),
}


def main():
    cpu = tf.config.list_physical_devices("CPU")[0]
    logical = [tf.config.LogicalDeviceConfiguration() for _ in range(2)]
    tf.config.set_logical_device_configuration(cpu, logical)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    poses = 0.2 * np.random.default_rng(0).normal(size=(16, AXIS_ANGLE.dim)).astype(np.float32)
    for name, create in PRIORS.items():
        keras.utils.set_random_seed(0)
        with strategy.scope():
            prior = create()
            # Keras compiles by XLA where it can; under the strategy TensorFlow can't.
            prior.compile(keras.optimizers.SGD(1e-3), jit_compile=False)
        before = [weight.numpy() for weight in prior.trainable_weights]
        history = prior.fit(poses, batch_size=8, epochs=2, verbose=0).history["loss"]
        moved = max(
            float(np.abs(weight.numpy() - start).max())
            for weight, start in zip(prior.trainable_weights, before, strict=True)
        )
        replicas = [tf.convert_to_tensor(each) for each in _copies(strategy, prior)]
        np.testing.assert_array_equal(replicas[0], replicas[1])
        print(name, moved > 0.0, np.isfinite(history).all())
    sys.exit(0)


def _copies(strategy, prior):
    """The first trained weight as each replica has it."""
    variable = prior.trainable_weights[0].value
    return strategy.experimental_local_results(variable)


if __name__ == "__main__":
    main()
