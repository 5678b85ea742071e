import keras
import numpy as np
import pytest

from trainers.training_state import TrainingState
from trainers.weight_average import WeightAverage


@pytest.fixture
def model():
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(1), keras.layers.Dropout(0.5)])


@pytest.fixture
def state(model):
    optimizer = keras.optimizers.Adam()
    optimizer.build(model.trainable_variables)
    return TrainingState(model, optimizer, WeightAverage(model.trainable_variables, 0.9))


def test_best_weights_are_those_of_the_lowest_loss(model, state):
    losses = [3.0, 1.0, 2.0, 1.0]
    kept = []
    for step, loss in enumerate(losses):
        model.set_weights([np.full(weight.shape, step) for weight in model.get_weights()])
        state.step.assign(step)
        kept.append(state.keep_if_best(loss))
    assert kept == [True, True, False, False]
    assert (state.best_step.numpy(), state.best_loss.numpy()) == (1, 1.0)
    state.use_best()
    assert all((weight == 1).all() for weight in model.get_weights())


def test_holds_all_that_training_changes(model, state):
    groups = state.groups()
    assert len(groups["weights"]) == len(model.variables) == 3  # Dropout has a seed.
    assert len(groups["optimizer"]) == 2 + 2 * 2
    assert len(groups["averages"]) == 2
