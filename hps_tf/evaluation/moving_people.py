"""People to lift in videos: windows of recorded motion, each before a camera that stands still.

Convention: that of `held_out_people`; the people are frames, those of a window one after the other.
"""

from collections.abc import Sequence

import numpy as np

from hps_tf.body import BodyModel
from hps_tf.body.skeleton import BODY_JOINTS
from hps_tf.data.mocap.motion import MotionClip
from hps_tf.data.mocap.motion_windows import window_starts
from hps_tf.errors import InputError
from hps_tf.evaluation import held_out_people
from hps_tf.evaluation.held_out_people import LARGEST_SHAPE, NUM_SHAPE, People
from hps_tf.geometry import axis_angle

_MOST_POINTS = 100  # Of a frame's vertices, by which the camera is placed.


def draw(
    clips: Sequence[MotionClip], count: int, num_frames: int, seed: int, body: BodyModel
) -> People:
    """Draws windows: as many of each clip as there are, spread in time; random shape and camera.

    All frames of a window are in the image, and as large as that allows or up to 1.3 times smaller.
    Hands are at rest.

    Args:
      clips: Recorded motion.
      count: How many windows W.
      num_frames: T.
      seed: Of all that is random.
      body: Whose body they have.

    Returns:
      The W T frames, in the order of the clips.

    Raises:
      InputError: If the clips have fewer windows without a gap.
    """
    rng = np.random.default_rng(seed)
    chosen = _choose(clips, count, num_frames)
    rows = np.concatenate([start + np.arange(num_frames) for _, start in chosen])
    members = np.repeat([clip for clip, _ in chosen], num_frames)
    pose = np.stack([clips[clip].pose[row] for clip, row in zip(members, rows, strict=True)])
    pose[:, BODY_JOINTS[-1] + 1 :] = 0.0
    path = np.stack([clips[c].translation[row] for c, row in zip(members, rows, strict=True)])
    path = path.reshape(count, num_frames, 3)
    path -= path.mean(axis=1, keepdims=True)
    shape = np.zeros((count, body.num_shape), np.float32)
    drawn = rng.standard_normal((count, NUM_SHAPE))
    shape[:, :NUM_SHAPE] = drawn.clip(-LARGEST_SHAPE, LARGEST_SHAPE)
    shape = np.repeat(shape, num_frames, axis=0)
    local = axis_angle.to_matrix(pose).numpy()
    arguments = {"shape": shape, "translation": path.reshape(-1, 3)}
    points = body(rotation_matrices=local, **arguments).vertices.numpy()
    points = points[:, :: max(1, points.shape[1] // _MOST_POINTS)]
    rotations, origins = held_out_people.cameras(points.reshape(count, -1, 3), rng)
    local[:, 0] = np.repeat(rotations, num_frames, axis=0) @ local[:, 0]
    place = np.einsum("wij,wtj->wti", rotations, path) + origins[:, np.newaxis]
    place = place.reshape(-1, 3).astype(np.float32)
    vertices, joints = body(rotation_matrices=local, shape=shape, translation=place)
    return People(
        clips=np.array([clips[clip].name for clip in members]),
        frames=rows,
        rotation_matrices=local,
        shape=shape,
        translation=place,
        vertices=vertices.numpy(),
        joints_3d=joints.numpy(),
        evidence=held_out_people.see_joints(joints.numpy()),
    )


def _choose(clips: Sequence[MotionClip], count: int, num_frames: int) -> list[tuple[int, int]]:
    """Chooses (clip, first frame), round after round a window more of every clip that has one."""
    starts = [_apart(window_starts(clip, num_frames), num_frames) for clip in clips]
    available = np.array([len(each) for each in starts])
    if count > available.sum():
        raise InputError(
            f"windows of {num_frames} frames: expected at most the {available.sum()} of the data,"
            f" received {count}"
        )
    shares = np.zeros(len(clips), int)
    while shares.sum() < count:
        with_more = np.flatnonzero(shares < available)
        shares[with_more[: count - shares.sum()]] += 1
    chosen = []
    for clip, share in enumerate(shares):
        places = ((np.arange(share) + 0.5) * available[clip] / max(share, 1)).astype(int)
        chosen += [(clip, int(starts[clip][place])) for place in places]
    return chosen


def _apart(starts: np.ndarray, num_frames: int) -> np.ndarray:
    """Those of ascending frames that are not within a window of an earlier one."""
    kept: list[int] = []
    for start in starts.tolist():
        if not kept or start >= kept[-1] + num_frames:
            kept.append(start)
    return np.array(kept, int)
