"""A prior from outside of the package, by public names alone."""

import keras
import numpy as np
import tensorflow as tf

from hps_tf import priors
from hps_tf.data.synthetic import PriorPeople
from hps_tf.fitting.pose_variables import AmbientPrior
from hps_tf.priors.pose_space import AXIS_ANGLE
from tests.priors.prior_harness import run_prior_test


class SpringPrior(priors.PosePrior):
    """Pulls every joint towards its own mean by a spring of its own."""

    architectures = ("spring",)

    def __init__(self, space, sigma, stiffness: float = 1.0):
        super().__init__(space, sigma, stiffness=stiffness)
        self.mean = self.add_weight(name="mean", shape=(space.dim,), initializer="zeros")
        constant = keras.initializers.Constant(stiffness)
        self.stiffness = self.add_weight(name="stiffness", shape=(space.dim,), initializer=constant)
        self.build((None, space.dim))

    def _energy(self, x):
        return 0.5 * tf.reduce_sum(self.stiffness * tf.square(x - self.mean), axis=-1)

    def _draw(self, count, seed):
        noise = tf.random.stateless_normal(tf.stack([count, self.space.dim]), seed)
        return self.mean + noise * tf.math.rsqrt(tf.convert_to_tensor(self.stiffness))


def spring() -> SpringPrior:
    prior = SpringPrior(AXIS_ANGLE, 0.1, stiffness=4.0)
    prior.mean.assign(np.linspace(-0.2, 0.2, 63))
    return prior


def test_it_is_a_prior_like_those_of_the_package(tmp_path):
    x = AXIS_ANGLE.from_pose(0.3 * tf.random.stateless_normal((4, 24, 3), (1, 2)))
    run_prior_test(spring(), x, tmp_path, fits=False)


def test_it_draws_people_and_is_fitted_with():
    prior = spring()
    assert len(PriorPeople(prior).draw("train", 0, 3, seed=0)) == 3
    variables = AmbientPrior(prior, mode=np.zeros(63))
    energy = variables.energy(tf.zeros((2, 63)), variables.parameters())
    np.testing.assert_allclose(energy, prior.energy(tf.zeros((2, 63))), rtol=1e-5)
