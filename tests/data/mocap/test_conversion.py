import dataclasses

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from hps_tf.body import skeleton
from hps_tf.data.mocap import joint_maps
from hps_tf.data.mocap.conversion import Converter
from hps_tf.data.mocap.conversion_plan import Job
from hps_tf.data.mocap.motion import BodyMotion
from hps_tf.data.mocap.source_files import SourceFile
from hps_tf.errors import InputError
from tests.data import mocap_files

JOINTS = mocap_files.bvh_joints(mocap_files.MOTIONBUILDER)


def bvh_bytes(values, **options):
    return mocap_files.bvh_text(JOINTS, values, **options).encode()


def bvh_job(**changes):
    return dataclasses.replace(Job("02_01", "02", "val", "d/02_01.bvh", "", None, None), **changes)


@pytest.fixture
def converter(rest):
    return Converter(30.0, rest)


def assert_accounted(count):
    total = count.added_pose + count.jumps + count.between + count.still + count.written
    assert count.source == total


def test_makes_a_clip_at_the_rate_wanted(converter):
    values = mocap_files.bvh_values(JOINTS, 41)
    clip, count, _ = converter.convert(bvh_job(), bvh_bytes(values))
    assert (clip.name, clip.subject, clip.split, clip.source) == (
        "02_01",
        "02",
        "val",
        "d/02_01.bvh",
    )
    assert clip.fps == 30.0
    assert clip.num_frames == count.written == 11
    np.testing.assert_allclose(clip.time, np.arange(11) / 30, atol=1e-6)
    assert count.source == 41
    assert_accounted(count)


def test_the_pose_turns_the_joints_as_the_source_does(converter):
    values = mocap_files.bvh_values(JOINTS, 9)
    clip, *_ = converter.convert(bvh_job(), bvh_bytes(values))
    rotations, _ = mocap_files.read_bvh_slowly(JOINTS, values[::4])
    world = [None] * 24
    for joint, parent in enumerate(skeleton.PARENTS):
        local = Rotation.from_rotvec(clip.pose[:, joint]).as_matrix()
        world[joint] = local if parent < 0 else world[parent] @ local
    elbow = skeleton.JOINT_NAMES.index("r_elbow")
    np.testing.assert_allclose(world[elbow], rotations["RightForeArm"], atol=2e-3)
    np.testing.assert_allclose(world[0], rotations["Hips"], atol=1e-5)


def test_stands_on_the_floor(converter, rest):
    clip, *_ = converter.convert(bvh_job(), bvh_bytes(mocap_files.bvh_values(JOINTS, 400)))
    matrices = Rotation.from_rotvec(clip.pose).as_matrix()
    soles = rest.lowest_sole(BodyMotion(matrices, clip.translation.astype(float), 30.0))
    assert np.percentile(soles, 5) == pytest.approx(0, abs=1e-5)


def test_leaves_out_an_added_t_pose(converter):
    values = np.concatenate([np.zeros((1, 84)), mocap_files.bvh_values(JOINTS, 40)])
    clip, count, _ = converter.convert(bvh_job(), bvh_bytes(values))
    assert (count.added_pose, count.source, clip.num_frames) == (1, 41, 10)
    plain, *_ = converter.convert(bvh_job(), bvh_bytes(values[1:]))
    np.testing.assert_allclose(clip.pose, plain.pose, atol=1e-6)
    np.testing.assert_allclose(clip.time, plain.time)
    assert_accounted(count)


def test_leaves_out_jumps_and_keeps_the_time(converter):
    values = mocap_files.bvh_values(JOINTS, 41)
    columns = [6 + 3 * i for i, (name, *_) in enumerate(JOINTS[1:]) if name == "LeftUpLeg"]
    values[20, columns] += 90
    clip, count, _ = converter.convert(bvh_job(), bvh_bytes(values))
    assert count.jumps == 2
    assert clip.num_frames == 10
    np.testing.assert_allclose(clip.time * 30, [0, 1, 2, 3, 4, 6, 7, 8, 9, 10], atol=1e-5)
    assert_accounted(count)


def test_drops_a_calibration_still(converter):
    values = np.repeat(mocap_files.bvh_values(JOINTS, 1), 50, axis=0)
    clip, count, _ = converter.convert(bvh_job(), bvh_bytes(values))
    assert clip is None
    assert count.still == 50
    assert_accounted(count)


def test_drops_a_clip_without_good_frames(converter):
    values = mocap_files.bvh_values(JOINTS, 3)
    values[[0, 2], 6:] = 5.0
    values[1, 6:] = 100.0
    # Between 45 and 30 frames per second each new frame needs two good ones.
    clip, count, _ = converter.convert(bvh_job(fps=45.0), bvh_bytes(values))
    assert clip is None
    assert (count.jumps, count.written) == (2, 0)
    assert_accounted(count)


def test_a_stated_rate_counts_before_the_files(converter):
    values = mocap_files.bvh_values(JOINTS, 41)
    clip, *_ = converter.convert(bvh_job(fps=60.0), bvh_bytes(values))
    assert clip.num_frames == 21
    with pytest.raises(InputError, match=r"02_01.bvh: expected at least 30 frames per second.* 25"):
        converter.convert(bvh_job(fps=25.0), bvh_bytes(values))


def test_converts_asf_amc_at_120_frames_a_second(converter):
    person = SourceFile("d/02.asf", mocap_files.asf_text().encode())
    job = Job("02_01", "02", "all", "d/02_01.amc", "", person, None)
    text = mocap_files.amc_text(mocap_files.amc_values(41))
    clip, count, _ = converter.convert(job, text.encode())
    assert clip.num_frames == 11
    assert_accounted(count)


def test_converts_amass_without_retargeting(converter):
    time = np.arange(60)[:, None]
    poses = 0.3 * np.sin(0.1 * time + np.arange(156))
    trans = np.stack([0 * time[:, 0], 0.01 * time[:, 0], 0.9 + 0 * time[:, 0]], axis=1)
    data = mocap_files.amass_bytes(poses, trans, mocap_framerate=60.0)
    job = Job("a", "b", "all", "b/a_poses.npz", "", None, None)
    clip, *_ = converter.convert(job, data)
    np.testing.assert_allclose(clip.pose[:, 1:22].reshape(30, -1), poses[::2, 3:66], atol=1e-6)
    # The floor moves the body up or down, and z-up's y is our -z.
    np.testing.assert_allclose(np.diff(clip.translation, axis=0), [[0, 0, -0.02]] * 29, atol=1e-6)


def test_uses_a_mapping_for_other_skeletons(rest):
    renamed = {
        f"my{name}": (parent and f"my{parent}", offset)
        for name, (parent, offset) in mocap_files.MOTIONBUILDER.items()
    }
    joints = mocap_files.bvh_joints(renamed)
    text = mocap_files.bvh_text(joints, mocap_files.bvh_values(joints, 41)).encode()
    with pytest.raises(InputError, match="expected the joints of a known skeleton"):
        Converter(30.0, rest).convert(bvh_job(), text)
    drivers = {joint: f"my{name}" for joint, name in joint_maps.MOTIONBUILDER.drivers.items()}
    mapped = Converter(30.0, rest, joint_maps.JointMap(drivers))
    clip, *_ = mapped.convert(bvh_job(), text)
    plain, *_ = Converter(30.0, rest).convert(
        bvh_job(), bvh_bytes(mocap_files.bvh_values(JOINTS, 41))
    )
    trunk_and_limbs = [i for i, name in enumerate(skeleton.JOINT_NAMES) if name[0] in "lr"]
    np.testing.assert_allclose(clip.pose[:, trunk_and_limbs], plain.pose[:, trunk_and_limbs])
