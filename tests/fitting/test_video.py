import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from hps_tf.fitting import Evidence, Fitter, VideoFitter, Weights
from hps_tf.fitting.best_chain import best_chain
from hps_tf.fitting.result import concatenate
from hps_tf.fitting.window_layout import stretches
from hps_tf.geometry import axis_angle, camera

from .conftest import joint_errors

WINDOW, OVERLAP = 5, 2
NOISY = Weights(prior=0.3, shape=0.3)


class Clip:
    """A person who turns and bends, seen with noise."""

    def __init__(self, body, flow, num_frames, noise=4.0, seed=0):
        rng = np.random.default_rng(seed)
        ends = flow.space.project(flow.sample(2, seed))
        poses = flow.space.to_pose(flow.interpolate(ends[0], ends[1], num_frames)).numpy()
        local = axis_angle.to_matrix(tf.constant(poses)).numpy()
        yaws = np.linspace(0.3, 0.9, num_frames)
        turns = axis_angle.to_matrix(tf.constant(np.stack([0 * yaws, yaws, 0 * yaws], 1))).numpy()
        local[:, 0] = np.diag([1.0, -1.0, -1.0]) @ turns
        translation = np.tile(np.array([[0.1, 0.0, 5.0]], np.float32), (num_frames, 1))
        self.joints = body.joints(rotation_matrices=local, translation=translation).numpy()
        intrinsics = np.array([[500, 0, 128], [0, 500, 128], [0, 0, 1]], np.float32)
        intrinsics = np.tile(intrinsics, (num_frames, 1, 1))
        seen = camera.project(self.joints, intrinsics).numpy()
        seen += noise * rng.normal(size=seen.shape)
        confidence = (rng.random(seen.shape[:2]) > 0.2).astype(np.float32)
        self.evidence = Evidence(seen, confidence, intrinsics, "smpl24")


def make_fitters(body, pose, max_evaluations):
    """Of single frames and of windows."""
    return tuple(
        Fitter(
            body,
            pose,
            keypoint_set="smpl24",
            num_frames=num_frames,
            solver="lbfgs",
            max_evaluations=max_evaluations,
        )
        for num_frames in (1, WINDOW)
    )


@pytest.fixture(scope="module")
def fitters(body, gaussian):
    return make_fitters(body, gaussian, max_evaluations=100)


@pytest.fixture(scope="module")
def video(fitters):
    return VideoFitter(*fitters, overlap=OVERLAP)


@pytest.fixture(scope="module")
def clip(body, flow):
    return Clip(body, flow, 12)


@pytest.fixture(scope="module")
def fitted(video, clip):
    return video.fit(clip.evidence, NOISY)


def _acceleration_error(result, joints):
    ours, truth = (x - x[:, :1] for x in (result.joints_3d, joints))
    return np.linalg.norm(np.diff(ours - truth, n=2, axis=0), axis=2).mean()


def test_window_beats_single_frames(fitted, fitters, clip):
    single = fitters[0].fit(clip.evidence, NOISY)
    assert joint_errors(fitted, clip.joints).mean() < joint_errors(single, clip.joints).mean()
    assert _acceleration_error(fitted, clip.joints) < 0.5 * _acceleration_error(single, clip.joints)


def test_frames_of_a_window_share_the_shape(fitted):
    assert len(fitted) == 12
    assert len(np.unique(fitted.shape.round(6), axis=0)) <= 4
    assert "smoothness" in fitted.terms


def test_stream_gives_every_frame_once_within_its_delay(video, clip):
    pushed = 0

    def frames():
        nonlocal pushed
        for frame in range(12):
            pushed = frame + 1
            yield clip.evidence.select(slice(frame, frame + 1))

    given = 0
    parts = []
    for part in video.stream(frames(), NOISY):
        assert pushed - given <= video.delay + 1
        given += len(part)
        parts.append(part)
    assert given == 12
    joints = np.concatenate([part.joints_3d for part in parts])
    offsets = (joints - joints[:, :1]) - (clip.joints - clip.joints[:, :1])
    assert np.linalg.norm(offsets, axis=2).mean() < 0.15


def test_short_stream_is_one_window(video, clip):
    parts = list(video.stream(iter([clip.evidence.select(slice(0, 3))]), NOISY))
    assert [len(part) for part in parts] == [3]


@pytest.fixture(scope="module")
def halves(clip):
    """The first and last frames of a person who is out of sight meanwhile."""
    return clip.evidence.select(slice(0, WINDOW)), clip.evidence.select(slice(7, 12))


@pytest.mark.parametrize("first", [3, 5])
def test_frames_on_both_sides_of_a_gap_are_fitted_as_by_themselves(video, clip, first):
    parts = clip.evidence.select(slice(0, first)), clip.evidence.select(slice(first, 10))
    gap = video.fit(parts[0].followed_by(parts[1]), NOISY, frames=np.r_[0:first, first + 30 : 40])
    alone = concatenate([video.fit(part, NOISY) for part in parts])
    np.testing.assert_array_equal(gap.joints_3d, alone.joints_3d)
    np.testing.assert_array_equal(gap.shape, alone.shape)


def test_frames_without_a_gap_are_held_together(video, halves):
    alone = concatenate([video.fit(half, NOISY) for half in halves])
    held_together = video.fit(halves[0].followed_by(halves[1]), NOISY)
    assert np.abs(held_together.joints_3d - alone.joints_3d).max() > 0.06


def test_stretches_of_a_person_share_the_mean_shape_of_their_frames(video, body, flow):
    seen = Clip(body, flow, 12, noise=1.0).evidence
    both = seen.select(slice(0, 5)).followed_by(seen.select(slice(7, 12))), np.r_[0:5, 35:40]
    own = video.fit(both[0], NOISY, frames=both[1])
    shared = video.fit(both[0], NOISY, frames=both[1], one_shape=True)
    assert len(np.unique(own.shape, axis=0)) == 2
    assert (shared.shape == shared.shape[0]).all()
    np.testing.assert_allclose(shared.shape[0], own.shape.mean(axis=0), atol=1e-5)
    # 5 frames with a pixel of noise leave something to the shape; the pose hardly depends on it.
    assert joint_errors(shared, own.joints_3d).max() < 0.05


def test_progress_of_a_video_grows_to_its_end(video, clip):
    seen = []
    video.fit(
        clip.evidence.select(slice(0, 5)),
        NOISY,
        one_shape=True,
        progress=lambda ended, total: seen.append((ended, total)),
    )
    assert {total for _, total in seen} == {15}
    assert sorted(seen) == seen
    assert seen[-1] == (15, 15)


def test_a_stream_starts_anew_after_a_gap(video, halves):
    parts = list(video.stream(iter([None, halves[0], None, None, halves[1], None]), NOISY))
    alone = [part for half in halves for part in video.stream(iter([half]), NOISY)]
    assert [len(part) for part in parts] == [len(part) for part in alone]
    for part, by_itself in zip(parts, alone, strict=True):
        np.testing.assert_allclose(part.joints_3d, by_itself.joints_3d, atol=2e-3)


def test_stretches_end_where_a_frame_is_missing():
    assert stretches(np.array([3, 4, 6, 9, 10])) == [slice(0, 2), slice(2, 3), slice(3, 5)]
    assert stretches(np.array([7])) == [slice(0, 1)]


@pytest.mark.parametrize("frames", [[0, 1, 1], [0, 2, 1]])
def test_frames_must_increase(frames):
    with pytest.raises(ValueError, match="`frames`: expected increasing numbers"):
        stretches(np.array(frames))


def test_each_frame_must_have_a_number(video, clip):
    with pytest.raises(ValueError, match=r"`frames`: expected shape \(12,\), received \(3,\)"):
        video.fit(clip.evidence, frames=np.arange(3))


def test_no_frame_at_all_is_refused(video, clip):
    with pytest.raises(ValueError, match="at least one frame, received 0"):
        video.fit(clip.evidence.select(slice(0, 0)))


@pytest.mark.parametrize("overlap", [-1, WINDOW])
def test_overlap_must_be_shorter_than_a_window(fitters, overlap):
    with pytest.raises(ValueError, match=f"`overlap`: expected 0 to 4, received {overlap}"):
        VideoFitter(*fitters, overlap=overlap)


def test_fitters_must_suit(fitters):
    with pytest.raises(ValueError, match="`frames`: expected a fitter of single frames"):
        VideoFitter(fitters[1], fitters[1])


def test_chain_prefers_small_steps_to_small_losses(fitted):
    still = fitted.select(np.zeros(4, int))
    away = dataclasses.replace(
        still,
        joints_3d=still.joints_3d + np.linspace(0, 1, 24, dtype=np.float32)[None, :, None],
        loss=still.loss - 0.1,
    )
    mixed = dataclasses.replace(away, loss=np.array([-9.0, 9.0, 9.0, 9.0], np.float32))
    np.testing.assert_array_equal(best_chain([still, away]).loss, away.loss)
    chain = best_chain([still, mixed], before=still)
    np.testing.assert_array_equal(chain.joints_3d, still.joints_3d)


def test_windows_go_on_from_a_networks_bodies(video, fitters, clip):
    rough = fitters[0].fit(clip.evidence, NOISY)
    matrices = axis_angle.to_matrix(tf.constant(rough.pose)).numpy()
    start = fitters[0].bodies_at(matrices, rough.shape, rough.translation)
    both = [clip.evidence.select(slice(0, 7)), clip.evidence.select(slice(7, 12))]
    first, second = video.refine_many(both, start, NOISY)
    assert (len(first), len(second)) == (7, 5)
    joints = np.concatenate([first.joints_3d, second.joints_3d])
    for result, truth in ((first, clip.joints[:7]), (second, clip.joints[7:])):
        assert joint_errors(result, truth).mean() < joint_errors(rough, clip.joints).mean() + 0.01
    ours, single = (
        np.linalg.norm(np.diff(x - x[:, :1], n=2, axis=0), axis=2).mean()
        for x in (joints, rough.joints_3d)
    )
    assert ours < single


def test_of_a_clip_shorter_than_a_window_the_last_frame_is_repeated(body, gaussian, clip):
    # In few evaluations rounding does not grow: starts of 3 and of 5 frames differ by it.
    fitters = make_fitters(body, gaussian, max_evaluations=10)
    video = VideoFitter(*fitters, overlap=OVERLAP)

    def refined(rows):
        pose = np.tile(np.eye(3, dtype=np.float32), (len(rows), 24, 1, 1))
        pose[:, 0] = np.diag([1.0, -1.0, -1.0])
        place = np.tile(np.array([0.1, 0, 5], np.float32), (len(rows), 1))
        start = fitters[0].bodies_at(pose, np.zeros((len(rows), 16)), place)
        return video.refine_many([clip.evidence.select(rows)], start, NOISY)[0]

    short = refined(np.arange(3))
    repeated = refined(np.array([0, 1, 2, 2, 2]))
    assert len(short) == 3
    np.testing.assert_allclose(short.joints_3d, repeated.joints_3d[:3], atol=1e-5)
