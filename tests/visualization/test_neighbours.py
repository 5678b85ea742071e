import numpy as np
import pytest

from hps_tf.body import load_default
from hps_tf.data.mocap.motion import MotionClip
from hps_tf.priors.pose_space import SIX_D
from hps_tf.visualization import neighbours


@pytest.fixture(scope="module")
def body():
    return load_default(3000)


def clip(name, pose):
    num_frames = len(pose)
    return MotionClip(
        name=name,
        subject=name,
        split="train",
        fps=30.0,
        pose=pose.astype(np.float32),
        translation=np.zeros((num_frames, 3), np.float32),
        source=name,
        time=np.arange(num_frames, dtype=np.float32),
    )


def random_pose(seed, num_frames):
    return np.random.default_rng(seed).normal(scale=0.4, size=(num_frames, 24, 3))


def matrices(pose):
    return SIX_D.to_matrices(SIX_D.from_pose(pose.astype(np.float32))).numpy()


def test_a_recorded_pose_is_its_own_nearest_neighbour(body):
    clips = [clip(str(seed), random_pose(seed, 7)) for seed in range(4)]
    wanted = np.stack([matrices(clips[2].pose)[5], matrices(clips[0].pose)[3]])
    found = neighbours.nearest(wanted, clips, 3, body, SIX_D)
    assert [(of_pose[0].clip, of_pose[0].frame) for of_pose in found] == [("2", 5), ("0", 3)]
    for of_pose, rotations in zip(found, wanted, strict=True):
        assert of_pose[0].distance == pytest.approx(0, abs=1e-6)
        np.testing.assert_allclose(of_pose[0].rotation_matrices, rotations, atol=1e-6)


def test_neighbours_are_the_best_of_each_clip_in_order(body):
    clips = [clip(str(seed), random_pose(seed, 6)) for seed in range(5)]
    wanted = matrices(random_pose(9, 1))
    [found] = neighbours.nearest(wanted, clips, 3, body, SIX_D)
    target = body.joints(rotation_matrices=wanted).numpy()
    best = {}
    for each in clips:
        joints = body.joints(rotation_matrices=matrices(each.pose)).numpy()
        best[each.name] = np.linalg.norm(joints - target, axis=-1).mean(axis=-1).min()
    expected = sorted(best, key=lambda name: best[name])[:3]
    assert [neighbour.clip for neighbour in found] == expected
    distances = [neighbour.distance for neighbour in found]
    np.testing.assert_allclose(distances, [best[name] for name in expected], rtol=1e-5)


def test_orientation_and_place_of_the_recorded_person_do_not_count(body):
    pose = random_pose(0, 1)
    turned = pose.copy()
    turned[:, 0] += 1.0
    found = neighbours.nearest(matrices(pose), [clip("turned", turned)], 1, body, SIX_D)
    assert found[0][0].distance == pytest.approx(0, abs=1e-6)


def test_long_clips_are_searched_to_the_end_in_portions(body, monkeypatch):
    monkeypatch.setattr(neighbours, "_FRAMES_AT_ONCE", 4)
    clips = [clip("long", random_pose(1, 10)), clip("empty", random_pose(1, 0))]
    [found] = neighbours.nearest(matrices(clips[0].pose)[9:], clips, 3, body, SIX_D)
    assert [(neighbour.clip, neighbour.frame) for neighbour in found] == [("long", 9)]
