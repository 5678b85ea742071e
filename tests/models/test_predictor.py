import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from hps_tf.body import BodyModel
from hps_tf.geometry import axis_angle
from hps_tf.models import GroundTruthEvidence, Lifter, Predictor, saved_model


@pytest.fixture(scope="module")
def predictor(tiny, body):
    return Predictor(tiny, body)


def test_predictions_are_shaped_and_finite(predictor, images, intrinsics):
    people, detected, part_maps, spread = predictor(images, intrinsics)
    assert people.vertices.shape == (2, 3000, 3)
    assert people.keypoints_2d.shape == detected.keypoints_2d.shape == (2, 17, 2)
    np.testing.assert_allclose(tf.reduce_sum(part_maps, axis=-1), np.ones((2, 16, 16)), atol=1e-5)
    assert all(np.isfinite(value).all() for value in people)
    assert spread is None


def test_compiled_predictions_equal_eager_ones(predictor, images, intrinsics):
    compiled, eager = predictor(images, intrinsics), predictor.predict(images, intrinsics)
    np.testing.assert_allclose(compiled.people.vertices, eager.people.vertices, atol=1e-4)


def test_a_person_does_not_depend_on_the_others_in_the_batch(predictor, images, intrinsics):
    both = predictor(images, intrinsics).people
    alone = predictor(images[1:], intrinsics[1:]).people
    np.testing.assert_allclose(both.vertices[1:], alone.vertices, atol=1e-4)


def test_a_body_of_other_shape_components_is_refused(tiny):
    class OtherBody:
        name, num_shape = "default", 10

    with pytest.raises(ValueError, match="expected the network's 16 shape components, received 10"):
        Predictor(tiny, OtherBody())


@pytest.mark.parametrize("entry", ["call", "predict", "network"])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda images: (255 * images).astype(np.uint8),
            "expected floating-point .* received uint8",
        ),
        (lambda images: 255 * images, r"expected values in 0\.\.1, received .* to 25.*; divide"),
    ],
)
def test_images_of_0_to_255_are_refused(predictor, images, intrinsics, entry, change, message):
    call = {
        "call": lambda changed: predictor(changed, intrinsics),
        "predict": lambda changed: predictor.predict(changed, intrinsics),
        "network": predictor.network,
    }[entry]
    with pytest.raises(ValueError, match=message):
        call(change(images))


def test_a_saved_model_gives_the_predictors_answers(predictor, images, intrinsics, tmp_path):
    saved_model.write(predictor, tmp_path)
    served = tf.saved_model.load(str(tmp_path)).signatures["serving_default"]
    answer = served(images=tf.constant(images), intrinsics=tf.constant(intrinsics))
    people, detected, part_maps, _ = predictor(images, intrinsics)
    np.testing.assert_allclose(answer["vertices"], people.vertices, atol=1e-4)
    np.testing.assert_allclose(answer["keypoints_2d"], detected.keypoints_2d, atol=1e-3)
    np.testing.assert_allclose(
        axis_angle.to_matrix(answer["pose"]), people.rotation_matrices, atol=1e-4
    )
    np.testing.assert_array_equal(answer["part_labels"], tf.argmax(part_maps, axis=-1))
    one = served(images=tf.constant(images[:1]), intrinsics=tf.constant(intrinsics[:1]))
    assert one["joints"].shape == (1, 24, 3)


@pytest.fixture(scope="module")
def lifting_predictor(photo, body):
    return Predictor(photo, body)


@pytest.fixture(scope="module")
def cameras():
    camera = [[300.0, 0, 127.5], [0, 300.0, 127.5], [0, 0, 1]]
    return np.array([camera, camera], np.float32)


def test_lifted_people_come_with_how_unsure_they_are(lifting_predictor, large_images, cameras):
    people, detected, _, spread = lifting_predictor(large_images, cameras)
    lifted = Lifter(lifting_predictor.network.lifting, lifting_predictor.decoder.body)
    expected = lifted(detected.keypoints_2d, detected.confidence, cameras)
    np.testing.assert_allclose(people.vertices, expected.people.vertices, atol=1e-3)
    np.testing.assert_allclose(spread.pose, expected.spread.pose, rtol=1e-3)


def test_known_keypoints_are_lifted(lifting_predictor, large_images, cameras):
    labels = np.random.default_rng(0).uniform(50, 200, (2, 17, 2)).astype(np.float32)
    parts = tf.ones((2, 64, 64), tf.int32)
    known = GroundTruthEvidence.from_labels(
        tf.constant([True, False]), labels, tf.ones((2, 17)), parts, 4
    )
    found = lifting_predictor(large_images, cameras)
    told = lifting_predictor.predict(large_images, cameras, known)
    moved = np.abs(told.people.joints - found.people.joints).max(axis=(1, 2))
    assert moved[0] > 1e-3
    assert moved[1] < 1e-3
    assert (np.argmax(told.part_maps[0], axis=-1) == 1).all()


@pytest.mark.slow
def test_a_lifting_network_as_a_saved_model(lifting_predictor, large_images, cameras, tmp_path):
    saved_model.write(lifting_predictor, tmp_path)
    served = tf.saved_model.load(str(tmp_path)).signatures["serving_default"]
    answer = served(images=tf.constant(large_images), intrinsics=tf.constant(cameras))
    found = lifting_predictor(large_images, cameras)
    np.testing.assert_allclose(answer["vertices"], found.people.vertices, atol=1e-3)


def test_another_body_is_refused(tiny, body):
    other = BodyModel(dataclasses.replace(body.data, name="smpl"))
    with pytest.raises(
        ValueError, match="`body`: expected the network's 'default', received 'smpl'"
    ):
        Predictor(tiny, other)
