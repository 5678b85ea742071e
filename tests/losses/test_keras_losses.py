import keras
import numpy as np
import pytest

from hps_tf import losses

SHAPES = {
    "JointLoss": (24, 3),
    "VertexLoss": (50, 3),
    "PoseLoss": (24, 3, 3),
    "ShapeLoss": (16,),
    "KeypointLoss": (17, 2),
}
FUNCTIONS = {
    "VertexLoss": losses.vertex_loss,
    "PoseLoss": losses.pose_loss,
    "ShapeLoss": losses.shape_loss,
}


def make(name):
    return getattr(losses, name)(**({"image_size": 64} if name == "KeypointLoss" else {}))


def draw(name):
    """True and estimated values of four examples."""
    rng = np.random.default_rng(0)
    true, estimate = rng.uniform(0, 9, (2, 4, *SHAPES[name])).astype(np.float32)
    if name == "KeypointLoss":
        true = np.concatenate([true, np.ones((4, 17, 1), np.float32)], axis=2)
    return true, estimate


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_loss_is_the_mean_of_its_functions_values(name):
    true, estimate = draw(name)
    expected = FUNCTIONS[name](estimate, true).numpy().mean()
    np.testing.assert_allclose(make(name)(true, estimate), expected, rtol=1e-6)


@pytest.mark.parametrize("name", SHAPES)
def test_examples_of_weight_zero_do_not_count(name):
    true, estimate = draw(name)
    loss = make(name)
    whole = loss.call(true, estimate).numpy()
    weighted = loss(true, estimate, sample_weight=np.array([1, 0, 1, 0], np.float32))
    np.testing.assert_allclose(weighted, (whole[0] + whole[2]) / 4, rtol=1e-6)


@pytest.mark.parametrize("name", SHAPES)
def test_a_loss_is_restored_from_its_config(name):
    loss = make(name)
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert again.get_config() == loss.get_config()
    np.testing.assert_array_equal(again(*draw(name)), loss(*draw(name)))


def test_joints_are_compared_relative_to_the_root():
    true, estimate = draw("JointLoss")
    moved = losses.JointLoss(root=3)(true + 5.0, estimate)
    np.testing.assert_allclose(moved, losses.JointLoss(root=3)(true, estimate), rtol=1e-5)
    assert not np.isclose(moved, losses.JointLoss()(true, estimate))


def test_keypoints_of_weight_zero_do_not_count():
    true, estimate = draw("KeypointLoss")
    true[:, 5:, 2] = 0.0
    expected = losses.keypoint_loss(estimate, true[..., :2], true[..., 2], 64).numpy().mean()
    np.testing.assert_allclose(make("KeypointLoss")(true, estimate), expected, rtol=1e-6)


def test_a_model_is_compiled_and_trained_with_them():
    inputs = keras.Input((8,))
    joints = keras.layers.Reshape((24, 3))(keras.layers.Dense(72)(inputs))
    model = keras.Model(inputs, joints)
    model.compile("adam", loss=losses.JointLoss())
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(16, 8)), rng.normal(size=(16, 24, 3))
    history = model.fit(x, y, epochs=3, batch_size=16, verbose=0).history["loss"]
    assert history[2] < history[0]
