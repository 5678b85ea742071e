"""What the network over MoveNet is served with, beside the library."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from export import (
    c_api,
    example_people,
    image_signatures,
    plain_graphs,
    reference,
    refine_signatures,
)
from export.photographs import MAX_PEOPLE
from hps_tf.data.images import default_camera, person_crop
from hps_tf.detection import Detector, default_detector
from hps_tf.fitting import Evidence, Expected, Refiner
from hps_tf.geometry import axis_angle
from hps_tf.models import Lifter, Predictor

SHAPES = {
    "boxes": (MAX_PEOPLE, 4),
    "keypoints_2d": (MAX_PEOPLE, 17, 2),
    "confidence": (MAX_PEOPLE, 17),
    "score": (MAX_PEOPLE,),
    "pose": (MAX_PEOPLE, 24, 3),
    "shape": (MAX_PEOPLE, 16),
    "translation": (MAX_PEOPLE, 3),
    "joints": (MAX_PEOPLE, 24, 3),
    "vertices": (MAX_PEOPLE, 3000, 3),
    "joint_std": (MAX_PEOPLE, 24),
    "valid": (MAX_PEOPLE,),
    "num_people": (),
    "intrinsics": (3, 3),
}

NOBODY = person_crop.encode_jpeg(np.full((90, 120, 3), 128, np.uint8))


@pytest.fixture(scope="module")
def session(exported_photo):
    with c_api.load(exported_photo, plain_graphs.session_config()) as session:
        yield session


@pytest.fixture(scope="module")
def pixels(body):
    """Two people beside each other."""
    return np.concatenate(list(example_people.pictures(body, (240, 200), 2)), axis=1)


@pytest.fixture(scope="module")
def jpeg(pixels):
    return person_crop.encode_jpeg(pixels)


@pytest.fixture(scope="module")
def answer(session, jpeg):
    return session.run("predict_photo", {"jpeg": np.array([jpeg, NOBODY], object)})


@pytest.fixture(scope="module")
def detector(photo_network):
    return Detector(default_detector.multipose(), photo_network.front.model, MAX_PEOPLE)


@pytest.fixture(scope="module")
def lifter(photo_network, body):
    return Lifter(photo_network.lifting, body)


def fitted(lifter, keypoints, confidence, intrinsics, **options):
    """What the library makes of keypoints, from the lifted bodies."""
    people, spread = tf.nest.map_structure(np.asarray, lifter(keypoints, confidence, intrinsics))
    about = Expected(people.rotation_matrices, people.shape, people.translation, spread)
    evidence = Evidence(keypoints, confidence, intrinsics)
    return Refiner(lifter.body, **options).refine(evidence, about)


def test_shapes_are_those_documented(session, answer):
    assert {name: array.shape for name, array in answer.items()} == {
        name: (2, *shape) for name, shape in SHAPES.items()
    }
    for name, info in session.signatures["predict_photo"].outputs.items():
        assert [axis.size for axis in info.tensor_shape.dim] == [-1, *SHAPES[name]]


def test_everybody_is_found_and_fitted_as_the_library_does(answer, jpeg, detector, lifter):
    with Image.open(io.BytesIO(jpeg)) as image:
        decoded = np.asarray(image)
    (found,) = detector.find_people([decoded])
    assert answer["num_people"][0] == len(found.boxes) == 2
    camera = np.float32(default_camera.intrinsics(decoded.shape[:2]))
    np.testing.assert_allclose(answer["intrinsics"][0], camera, rtol=1e-6)
    for name, array in zip(("boxes", "keypoints_2d"), found[:2], strict=True):
        np.testing.assert_allclose(answer[name][0, :2], array, atol=0.5)  # Decoders differ.
    seen = {name: answer[name][0, :2] for name in ("keypoints_2d", "confidence")}
    result = fitted(lifter, *seen.values(), np.tile(camera, (2, 1, 1)), num_iterations=8)
    assert answer["valid"][0, :2].all()
    np.testing.assert_allclose(answer["joints"][0, :2], result.joints_3d, atol=1e-3)
    np.testing.assert_allclose(answer["joint_std"][0, :2], result.joint_std, atol=1e-3)
    np.testing.assert_allclose(answer["shape"][0, :2], result.shape, atol=1e-2)
    vertices, _ = lifter.body(
        pose=answer["pose"][0, :2],
        shape=answer["shape"][0, :2],
        translation=answer["translation"][0, :2],
    )
    np.testing.assert_allclose(answer["vertices"][0, :2], vertices, atol=1e-4)


@pytest.mark.slow
def test_graphs_that_servers_optimize_answer_alike(exported_photo, answer, jpeg):
    with c_api.load(exported_photo) as session:
        optimized = session.run("predict_photo", {"jpeg": np.array([jpeg, NOBODY], object)})
    for name, array in optimized.items():
        np.testing.assert_allclose(array, answer[name], atol=2e-3, err_msg=name)


def test_places_of_nobody_are_zero(session, answer):
    assert answer["num_people"][1] == 0
    alone = session.run("predict_photo", {"jpeg": np.array([NOBODY], object)})
    for name in SHAPES.keys() - {"num_people", "intrinsics"}:
        assert not answer[name][0, 2:].any(), name
        assert not answer[name][1].any(), name
        assert not alone[name].any(), name


def test_photographs_do_not_depend_on_their_batch(session, answer, jpeg):
    contents = np.array([NOBODY, jpeg, jpeg], object)
    together = session.run("predict_photo", {"jpeg": contents})
    assert together["num_people"].tolist() == [0, 2, 2]
    for name, array in together.items():
        for row in (1, 2):
            np.testing.assert_allclose(array[row], answer[name][0], atol=2e-3, err_msg=name)


def test_pngs_are_answered_as_jpegs(session, answer, pixels):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    found = session.run("predict_photo", {"jpeg": np.array([buffer.getvalue()], object)})
    np.testing.assert_allclose(found["keypoints_2d"][0], answer["keypoints_2d"][0], atol=2.0)


def ask_jpeg(session, content, box=(0, 0, 0, 0), intrinsics=None):
    intrinsics = np.zeros((3, 3)) if intrinsics is None else intrinsics
    return session.run(
        "predict_jpeg",
        {
            "jpeg": np.array([content], object),
            "boxes": np.array([box], np.float32),
            "intrinsics": np.array([intrinsics], np.float32),
        },
    )


def test_without_a_box_the_likeliest_person_is_found(session, answer, jpeg):
    found = ask_jpeg(session, jpeg)
    box = answer["boxes"][0, 0]
    np.testing.assert_allclose(found["boxes"][0], person_crop.square_box(box), atol=1e-2)
    given = ask_jpeg(session, jpeg, box)
    for name, array in found.items():
        if name != "part_labels":
            np.testing.assert_allclose(array, given[name], atol=1e-2, err_msg=name)


def test_where_nobody_is_found_the_middle_is_seen(session):
    np.testing.assert_allclose(ask_jpeg(session, NOBODY)["boxes"], [[15, 0, 90, 90]])


@pytest.fixture(scope="module")
def seen(session, exported_photo):
    return reference.read(exported_photo)["fit_keypoints"].inputs


def test_fits_reach_the_loss_of_the_librarys(session, seen, lifter):
    served = session.run("fit_keypoints", seen)
    same = fitted(lifter, **_arguments(seen), num_iterations=8)
    np.testing.assert_allclose(served["joints"], same.joints_3d, atol=1e-3)
    longer = fitted(lifter, **_arguments(seen))
    np.testing.assert_array_less(served["loss"], 1.02 * longer.loss)


def _arguments(request):
    return {"keypoints": request["keypoints_2d"]} | {
        name: request[name] for name in ("confidence", "intrinsics")
    }


TRANSPOSED = np.array([[700.0, 0, 0], [0, 700, 0], [319.5, 239.5, 1]])
NORMALISED = np.array([[1.09, 0, 0.5], [0, 1.09, 0.5], [0, 0, 1]])


@pytest.mark.parametrize("matrix", [TRANSPOSED, NORMALISED], ids=["transposed", "normalised"])
def test_what_is_no_camera_is_not_valid_and_leaves_others_alone(session, seen, matrix):
    alone = session.run("fit_keypoints", seen)
    spoilt = {name: array.copy() for name, array in seen.items()}
    spoilt["intrinsics"][0] = matrix
    answer = session.run("fit_keypoints", spoilt)
    assert answer["valid"].tolist() == [False, True]
    assert not answer["joint_std"][0].any()
    np.testing.assert_allclose(answer["vertices"][1], alone["vertices"][1], atol=1e-4)


def test_keypoints_that_are_not_finite_leave_others_alone(session, seen):
    alone = session.run("fit_keypoints", seen)
    spoilt = {name: array.copy() for name, array in seen.items()}
    spoilt["keypoints_2d"][0, 3] = np.nan
    answer = session.run("fit_keypoints", spoilt)
    assert answer["valid"].tolist() == [False, True]
    assert not answer["vertices"][0].any()
    np.testing.assert_allclose(answer["vertices"][1], alone["vertices"][1], atol=1e-4)
    spoilt["confidence"][0, 3] = 0.0
    assert session.run("fit_keypoints", spoilt)["valid"].all()


HOSTILE = {
    "transposed": (
        {"intrinsics": TRANSPOSED},
        r"\[\[fx, s, cx\], .* or all 0; wrong items\] \[0\]",
    ),
    "normalised": ({"intrinsics": NORMALISED}, "in pixels, fx and fy at least 10 or all 0"),
    "fractions": ({"box": (0.4, 0.2, 0.2, 0.6)}, "from 2 pixels to twice its size, or all 0"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_requests_are_refused(session, jpeg, case):
    changes, message = HOSTILE[case]
    with pytest.raises(c_api.RefusedError, match=message):
        ask_jpeg(session, jpeg, **changes)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"GIF89a" + bytes(40), r"`jpeg`: expected JPEG or PNG files.*items\] \[1\]"),
        (NOBODY[:200], "JPEG"),
    ],
    ids=["another kind", "truncated"],
)
def test_what_is_no_photograph_is_refused(session, jpeg, content, message):
    with pytest.raises(c_api.RefusedError, match=message) as refused:
        session.run("predict_photo", {"jpeg": np.array([jpeg, content], object)})
    assert refused.value.code == tf.errors.INVALID_ARGUMENT
    assert session.run("predict_photo", {"jpeg": np.array([jpeg], object)})["num_people"] == [2]


def test_predictions_are_refined_about_themselves(photo_network, body, served_photo):
    predictor = Predictor(photo_network, body)
    weights = served_photo.weights
    predict = image_signatures.predicting(predictor, weights)
    refine = refine_signatures.signatures(predictor, predict, weights)["refine"]
    size = photo_network.options.image_size
    pictures = example_people.pictures(body, (240, 200), 1)
    request = image_signatures.requests(body, size, pictures)["refine"]
    answer = refine(**{name: tf.constant(array) for name, array in request.items()})
    found = predictor(**request)
    camera = tf.nest.map_structure(np.asarray, (*found.detected, request["intrinsics"]))
    result = fitted(predictor.decoder, *camera, num_iterations=8)
    assert answer["valid"].numpy().all()
    np.testing.assert_allclose(answer["joints"], result.joints_3d, atol=1e-3)
    np.testing.assert_allclose(answer["joint_std"], result.joint_std, atol=1e-3)
    expected = axis_angle.to_matrix(result.pose)
    np.testing.assert_allclose(axis_angle.to_matrix(answer["pose"]), expected, atol=1e-2)
