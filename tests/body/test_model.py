import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from scipy.spatial.transform import Rotation

from hps_tf.body import BodyModel
from hps_tf.body.skeleton import NUM_JOINTS, PARENTS
from hps_tf.geometry import axis_angle


@pytest.fixture(scope="module")
def bending_data(data):
    """A body with pose blend shapes and few vertices."""
    rng = np.random.default_rng(1)
    some = np.arange(0, len(data.template), 50)
    return dataclasses.replace(
        data,
        template=data.template[some],
        shapedirs=data.shapedirs[some],
        weights=data.weights[some],
        faces=np.array([[0, 1, 2]], np.int32),
        vertex_parts=data.vertex_parts[some],
        posedirs=rng.normal(0.0, 0.01, (len(some), 3, 207)),
    )


@pytest.fixture(scope="module")
def bending_body(bending_data):
    return BodyModel(bending_data, dtype=tf.float64)


@pytest.fixture
def arguments(rng):
    return {
        "pose": rng.normal(0.0, 0.4, (3, NUM_JOINTS, 3)),
        "shape": rng.normal(size=(3, 16)),
        "translation": rng.normal(size=(3, 3)),
    }


def _single(arguments):
    return {name: value.astype(np.float32) for name, value in arguments.items()}


def _reference(data, pose, shape, translation):
    """Skins one vertex at a time, following each chain from the root."""
    local = Rotation.from_rotvec(pose).as_matrix()
    joints = data.template_joints + data.joint_shapedirs @ shape
    world = local.copy()
    for joint, parent in enumerate(PARENTS[1:], start=1):
        world[joint] = world[parent] @ local[joint]
    turns = world @ data.rest_rotations
    posed = joints.copy()
    for joint, parent in enumerate(PARENTS[1:], start=1):
        posed[joint] = posed[parent] + turns[parent] @ (joints[joint] - joints[parent])

    rest = data.template + data.shapedirs @ shape
    if data.posedirs is not None:
        rest = rest + data.posedirs @ (local[1:] - np.eye(3)).ravel()
    vertices = np.zeros_like(rest)
    for index, vertex in enumerate(rest):
        for joint, weight in enumerate(data.weights[index]):
            moved = turns[joint] @ (vertex - joints[joint]) + posed[joint]
            vertices[index] += weight * moved
    return vertices + translation, posed + translation


def test_equals_a_loop_over_vertices_and_joints(bending_data, bending_body, arguments):
    output = bending_body(**arguments)
    for person in range(3):
        one = {name: value[person] for name, value in arguments.items()}
        vertices, joints = _reference(bending_data, **one)
        np.testing.assert_allclose(output.vertices[person], vertices, atol=1e-12)
        np.testing.assert_allclose(output.joints[person], joints, atol=1e-12)


def test_single_precision_is_good_to_a_micrometre(bending_data, bending_body, arguments):
    single = BodyModel(bending_data)(**_single(arguments))
    np.testing.assert_allclose(single.vertices, bending_body(**arguments).vertices, atol=2e-6)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_graph_and_xla_equal_eager(body, arguments, jit_compile):
    arguments = _single(arguments)
    function = tf.function(lambda **kwargs: body(**kwargs), jit_compile=jit_compile)
    compiled, eager = function(**arguments), body(**arguments)
    np.testing.assert_allclose(compiled.vertices, eager.vertices, atol=3e-6)
    np.testing.assert_allclose(compiled.joints, eager.joints, atol=3e-6)


def test_batch_size_may_be_unknown_when_traced(body, arguments):
    specification = tf.TensorSpec((None, NUM_JOINTS, 3))
    function = tf.function(lambda pose: body(pose=pose).vertices, input_signature=[specification])
    for batch in (0, 1, 3):
        pose = arguments["pose"][:batch].astype(np.float32)
        assert function(pose).shape == (batch, body.num_vertices, 3)


def test_joints_alone_equal_joints_with_vertices(body, arguments):
    arguments = _single(arguments)
    np.testing.assert_array_equal(body.joints(**arguments), body(**arguments).joints)


def test_matrices_equal_axis_angles(body, arguments):
    arguments = _single(arguments)
    expected = body(**arguments)
    matrices = axis_angle.to_matrix(arguments.pop("pose"))
    output = body(rotation_matrices=matrices, **arguments)
    np.testing.assert_array_equal(output.vertices, expected.vertices)


@pytest.mark.parametrize("missing", ["pose", "shape", "translation"])
def test_argument_left_out_is_zero(bending_body, arguments, missing):
    zeros = arguments | {missing: np.zeros_like(arguments[missing])}
    given = {name: value for name, value in arguments.items() if name != missing}
    for actual, expected in zip(bending_body(**given), bending_body(**zeros), strict=True):
        np.testing.assert_allclose(actual, expected, atol=1e-15)


def test_batch_of_one_is_repeated(bending_body, arguments):
    one_shape = arguments["shape"][:1]
    repeated = arguments | {"shape": np.repeat(one_shape, 3, axis=0)}
    for actual, expected in zip(
        bending_body(**arguments | {"shape": one_shape}), bending_body(**repeated), strict=True
    ):
        np.testing.assert_allclose(actual, expected, atol=1e-15)


def test_translation_moves_everything_alike(bending_body, arguments):
    still = bending_body(pose=arguments["pose"], shape=arguments["shape"])
    moved = bending_body(**arguments)
    for before, after in zip(still, moved, strict=True):
        step = np.broadcast_to(arguments["translation"][:, None], before.shape)
        np.testing.assert_allclose(after - before, step, atol=1e-12)


def test_root_rotation_turns_the_body_about_the_pelvis(bending_body, arguments):
    turn = Rotation.from_rotvec([0.3, -1.2, 0.5])
    turned_pose = arguments["pose"].copy()
    turned_pose[:, 0] = (turn * Rotation.from_rotvec(arguments["pose"][:, 0])).as_rotvec()
    before = bending_body(pose=arguments["pose"], shape=arguments["shape"])
    after = bending_body(pose=turned_pose, shape=arguments["shape"])
    for old, new in zip(before, after, strict=True):
        pelvis = before.joints.numpy()[:, :1]
        expected = (old - pelvis) @ turn.as_matrix().T + pelvis
        np.testing.assert_allclose(new, expected, atol=1e-12)


@pytest.mark.parametrize("scale", [0.0, 1e-8, 0.4])
def test_gradient_equals_finite_differences(bending_body, rng, scale):
    arguments = {
        "pose": scale * rng.normal(size=(1, NUM_JOINTS, 3)),
        "shape": scale * rng.normal(size=(1, 16)),
        "translation": np.zeros((1, 3)),
    }
    direction = {name: rng.normal(size=value.shape) for name, value in arguments.items()}
    weights = rng.normal(size=(1, bending_body.num_vertices, 3))

    def objective(values):
        return tf.reduce_sum(bending_body(**values).vertices * weights)

    variables = {name: tf.constant(value) for name, value in arguments.items()}
    with tf.GradientTape() as tape:
        tape.watch(variables)
        total = objective(variables)
    gradient = tape.gradient(total, variables)
    slope = sum(np.sum(gradient[name] * direction[name]) for name in arguments)

    step = 1e-5
    ahead, behind = (
        objective({name: arguments[name] + sign * step * direction[name] for name in arguments})
        for sign in (1.0, -1.0)
    )
    np.testing.assert_allclose(slope, (ahead - behind) / (2.0 * step), rtol=1e-6)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_gradient_at_zero_is_finite_in_single_precision(body, jit_compile):
    @tf.function(jit_compile=jit_compile)
    def gradient(pose):
        with tf.GradientTape() as tape:
            tape.watch(pose)
            total = tf.reduce_sum(body(pose=pose).vertices ** 2)
        return tape.gradient(total, pose)

    slopes = gradient(tf.zeros((1, NUM_JOINTS, 3))).numpy()
    assert np.isfinite(slopes).all()
    assert (np.abs(slopes).max(axis=-1)[0, 1:22] > 1e-3).all()


def test_keypoints_follow_the_whole_body(body, arguments):
    arguments = _single(arguments)
    moved = body.keypoints("coco17", **arguments)
    still = body.keypoints("coco17", pose=arguments["pose"], shape=arguments["shape"])
    step = np.broadcast_to(arguments["translation"][:, None], moved.shape)
    np.testing.assert_allclose(moved - still, step, atol=1e-6)


def test_body_without_landmarks_says_so(bending_data):
    faceless = BodyModel(dataclasses.replace(bending_data, landmarks=None))
    with pytest.raises(ValueError, match="no face landmarks, needed by 'coco17'"):
        faceless.keypoints("coco17")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"pose": np.zeros((8, 72))},
            r"`pose`: expected shape \(batch, 24, 3\), received \(8, 72\)",
        ),
        ({"rotation_matrices": np.zeros((24, 3, 3))}, r"`rotation_matrices`: expected shape"),
        (
            {"shape": np.zeros((8, 10))},
            r"`shape`: expected shape \(batch, 16\), received \(8, 10\)",
        ),
        (
            {"translation": np.zeros(3)},
            r"`translation`: expected shape \(batch, 3\), received \(3,\)",
        ),
        (
            {"pose": np.zeros((1, 24, 3)), "rotation_matrices": np.zeros((1, 24, 3, 3))},
            "`pose` and `rotation_matrices` can't both be given",
        ),
        (
            {"pose": np.zeros((2, 24, 3)), "shape": np.zeros((3, 16))},
            r"one batch size \(or 1\), received \[2, 3, 1\]",
        ),
    ],
)
def test_wrong_argument_is_named(body, arguments, message):
    with pytest.raises(ValueError, match=message):
        body(**arguments)
