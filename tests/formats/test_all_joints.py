"""Files of people on a body with SMPL-X's 55 joints."""

import csv
import io

import numpy as np
import pytest

from hps_tf.data.mocap import bvh as bvh_reader
from hps_tf.formats import Person, Scene, bvh, gltf, joints_csv, smpl_npz
from hps_tf.formats.scene import TO_Y_UP
from tests.body import many_joints
from tests.formats.test_gltf import Reader

RATE = 25.0
NUM_FRAMES = 3


@pytest.fixture(scope="module")
def smplx(body, tmp_path_factory):
    return many_joints.load(body, tmp_path_factory.mktemp("body"))


@pytest.fixture(scope="module", params=[24, 55])
def scene(request, smplx):
    """A person in a pose of the 24 joints that all bodies have, or of all, with bent fingers."""
    rng = np.random.default_rng(0)
    pose = rng.normal(0, 0.3, (NUM_FRAMES, request.param, 3)).astype(np.float32)
    pose[:, 0] = np.pi, 0.0, 0.0
    person = Person(
        name="ann",
        frames=np.arange(NUM_FRAMES),
        pose=pose,
        shape=rng.normal(0, 0.5, smplx.num_shape).astype(np.float32),
        translation=np.tile(np.float32([0.0, 0.0, 4.0]), (NUM_FRAMES, 1)),
        joint_std=np.tile(np.linspace(0.01, 0.24, 24, dtype=np.float32), (NUM_FRAMES, 1)),
    )
    return Scene(smplx, (person,), RATE)


def test_skinning_by_the_file_gives_the_body_in_every_frame(scene):
    (person,) = scene.people
    reader = Reader(gltf.content(scene))
    assert [len(skin.joints) for skin in reader.gltf.skins] == [55]
    expected = scene.vertices(person) @ TO_Y_UP.T
    for frame in range(NUM_FRAMES):
        found = reader.vertices("ann", np.float32(frame / RATE))
        assert np.abs(found - expected[frame]).max() < 1e-3


def test_the_skeleton_of_a_motion_file_is_the_bodys(scene, smplx):
    (person,) = scene.people
    motion = bvh_reader.read(bvh.content(person, smplx, RATE), "ann.bvh")
    skeleton = smplx.skeleton
    assert _parents(motion.names, motion.parents) == _parents(
        skeleton.joint_names, skeleton.parents
    )


def _parents(names, parents):
    return {name: names[parent] for name, parent in zip(names, parents, strict=True) if parent >= 0}


def test_joints_of_a_table_are_the_bodys(scene, smplx):
    (person,) = scene.people
    rows = list(csv.DictReader(io.StringIO(joints_csv.content(scene).decode())))
    names = smplx.skeleton.joint_names
    assert [row["joint"] for row in rows] == list(names) * NUM_FRAMES
    found = np.array([[float(row[axis]) for axis in ("x_m", "y_m", "z_m")] for row in rows])
    expected = scene.joints(person).reshape(-1, 3)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    stds = {row["joint"]: row["std_m"] for row in rows}
    assert stds["pelvis"] == "0.0100"
    assert stds["jaw"] == ""


def test_joint_names_of_an_npz_are_those_of_the_pose(scene, smplx):
    (person,) = scene.people
    with np.load(io.BytesIO(smpl_npz.content(person, smplx, RATE))) as stored:
        assert stored["poses"].shape == (NUM_FRAMES, 3 * len(stored["joint_names"]))
        assert len(stored["joint_names"]) == person.pose.shape[1]
