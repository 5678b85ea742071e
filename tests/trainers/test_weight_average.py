import keras
import numpy as np
import pytest
import tensorflow as tf

from trainers.weight_average import WeightAverage


@pytest.fixture
def variable():
    return keras.Variable([1.0, 2.0])


def test_matches_its_recurrence(variable):
    average = WeightAverage([variable], decay=0.5)
    expected = np.array([1.0, 2.0])
    for step in range(20):
        value = np.array([step, -step], np.float32)
        variable.assign(value)
        average.update(tf.constant(step, tf.int64))
        decay = min(0.5, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * value
    np.testing.assert_allclose(average.averages[0], expected, rtol=1e-6)


def test_first_step_nearly_forgets_the_initial_weights(variable):
    average = WeightAverage([variable], decay=0.999)
    variable.assign([11.0, 12.0])
    average.update(tf.constant(0, tf.int64))
    np.testing.assert_allclose(average.averages[0], [10.0, 11.0], rtol=1e-6)


def test_takes_the_place_of_the_weights_for_a_block(variable):
    average = WeightAverage([variable], decay=0.9)
    variable.assign([3.0, 4.0])
    with average.applied():
        np.testing.assert_array_equal(variable, [1.0, 2.0])
    np.testing.assert_array_equal(variable, [3.0, 4.0])


def test_weights_come_back_after_an_error(variable):
    average = WeightAverage([variable], decay=0.9)
    variable.assign([3.0, 4.0])
    with pytest.raises(KeyError), average.applied():
        raise KeyError
    np.testing.assert_array_equal(variable, [3.0, 4.0])
