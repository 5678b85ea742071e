"""People to fit: recorded poses of unseen subjects on the embedded body, before a camera.

Convention: the camera frame is OpenCV's, metres; pixels as in `hps_tf.geometry.camera`. The image
is 256 pixels square, its camera in the middle.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

from hps_tf.body import BodyModel
from hps_tf.body.skeleton import BODY_JOINTS, NUM_JOINTS
from hps_tf.data.mocap.motion import MotionClip
from hps_tf.errors import InputError
from hps_tf.fitting.evidence import Evidence
from hps_tf.geometry import axis_angle, camera
from hps_tf.rendering import part_labels, rasterize
from hps_tf.visualization.viewpoint import framing

IMAGE_SIZE = (256, 256)
FOCAL_LENGTH = 500.0
"""Pixels; with it a standing adult who fills the image is 3.5 m away."""

LARGEST_PITCH = np.radians(15)
NUM_SHAPE = 10
"""Shape components that vary; the others are 0."""

LARGEST_SHAPE = 2.0
_MARGIN = 0.05
_FARTHEST = 1.3
"""How many times farther than the nearest possible camera the farthest one stands."""


@dataclasses.dataclass(frozen=True, eq=False)
class People:
    """N people as they are and as they are seen.

    Attributes:
      clips: `(N,)` names of the clips their poses were recorded in.
      frames: `(N,)` which frame of the clip.
      rotation_matrices: `(N, 24, 3, 3)`; joint 0 turns the body into the camera frame.
      shape: `(N, S)` standard deviations.
      translation: `(N, 3)` metres.
      vertices: `(N, V, 3)` metres in the camera frame.
      joints_3d: `(N, 24, 3)` metres in the camera frame.
      evidence: The 24 exact joints and, on request, the map of body parts.
    """

    clips: np.ndarray
    frames: np.ndarray
    rotation_matrices: np.ndarray
    shape: np.ndarray
    translation: np.ndarray
    vertices: np.ndarray
    joints_3d: np.ndarray
    evidence: Evidence

    def __len__(self) -> int:
        return len(self.clips)


def draw(
    clips: Sequence[MotionClip],
    count: int,
    seed: int,
    body: BodyModel,
    *,
    with_parts: bool = True,
) -> People:
    """Draws people: equally many frames per clip, spread in time; random shape, distance, camera.

    The camera looks from any side and from up to 15° above or below; the whole person is in the
    image. Hands are at rest.

    Args:
      clips: Recorded motion.
      count: How many people N.
      seed: Of all that is random.
      body: Whose body they have.
      with_parts: Whether maps of body parts are seen, too; they take most of the time.

    Returns:
      The people, in the order of the clips.

    Raises:
      InputError: If the clips have fewer frames than people are asked for.
    """
    rng = np.random.default_rng(seed)
    chosen = _choose_frames([clip.num_frames for clip in clips], count, rng)
    pose = np.stack([clips[clip].pose[frame] for clip, frame in chosen])
    pose[:, BODY_JOINTS[-1] + 1 :] = 0.0
    shape = np.zeros((count, body.num_shape), np.float32)
    shape[:, :NUM_SHAPE] = rng.standard_normal((count, NUM_SHAPE)).clip(
        -LARGEST_SHAPE, LARGEST_SHAPE
    )
    local = axis_angle.to_matrix(pose).numpy()
    standing = body(rotation_matrices=local, shape=shape).vertices.numpy()
    rotations, translation = cameras(standing, rng)
    local[:, 0] = rotations @ local[:, 0]
    vertices, joints = body(rotation_matrices=local, shape=shape, translation=translation)
    return People(
        clips=np.array([clips[clip].name for clip, _ in chosen]),
        frames=np.array([frame for _, frame in chosen]),
        rotation_matrices=local,
        shape=shape,
        translation=translation,
        vertices=vertices.numpy(),
        joints_3d=joints.numpy(),
        evidence=_see(vertices.numpy(), joints.numpy(), body, with_parts),
    )


def _choose_frames(
    num_frames: Sequence[int], count: int, rng: np.random.Generator
) -> list[tuple[int, int]]:
    """Chooses (clip, frame) pairs: a random frame of each of a clip's equal stretches."""
    if count > sum(num_frames):
        raise InputError(
            f"people: expected at most the {sum(num_frames)} of the data, received {count}"
        )
    shares = np.zeros(len(num_frames), int)
    order = rng.permutation(len(num_frames))
    while shares.sum() < count:
        with_more = order[shares[order] < np.array(num_frames)[order]]
        shares[with_more[: count - shares.sum()]] += 1
    chosen = []
    for clip, (length, share) in enumerate(zip(num_frames, shares, strict=True)):
        bounds = np.linspace(0, length, share + 1).astype(int)
        chosen += [(clip, int(frame)) for frame in rng.integers(bounds[:-1], bounds[1:])]
    return chosen


def cameras(vertices: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Chooses a camera for each body, from any side, in whose image all of it is.

    Args:
      vertices: `(N, V, 3)` metres, y up.
      rng: Of all that is random.

    Returns:
      `(N, 3, 3)` rotations into the camera frame, and `(N, 3)` where that has the origin.
    """
    count = len(vertices)
    azimuths = rng.uniform(-np.pi, np.pi, count)
    elevations = rng.uniform(-LARGEST_PITCH, LARGEST_PITCH, count)
    # Farther along the ray of the pelvis, a person who fits into the image still does.
    distances = rng.uniform(1.0, _FARTHEST, count)
    views = [
        framing(
            points,
            IMAGE_SIZE,
            azimuth=azimuth,
            elevation=elevation,
            field_of_view=2 * np.arctan(max(IMAGE_SIZE) / (2 * FOCAL_LENGTH)),
            margin=_MARGIN,
        )
        for points, azimuth, elevation in zip(vertices, azimuths, elevations, strict=True)
    ]
    rotations = np.stack([view.rotation for view in views])
    pelvises = np.stack([view.to_camera(np.zeros(3)) for view in views])
    return rotations.astype(np.float32), (distances[:, None] * pelvises).astype(np.float32)


def _see(vertices: np.ndarray, joints: np.ndarray, body: BodyModel, with_parts: bool) -> Evidence:
    evidence = see_joints(joints)
    if not with_parts:
        return evidence
    intrinsics, (height, width) = evidence.intrinsics[0], IMAGE_SIZE
    # One by one: the barycentrics of a thousand images would fill the memory.
    labels = [
        part_labels(rasterize(mesh, body.faces, intrinsics, IMAGE_SIZE), body.face_parts)
        for mesh in vertices
    ]
    return dataclasses.replace(
        evidence,
        part_labels=np.stack(labels),
        part_boxes=np.tile([0.0, 0.0, width, height], (len(vertices), 1)),
    )


def see_joints(joints: np.ndarray) -> Evidence:
    """Projects `(N, 24, 3)` joints in the camera frame."""
    count, (height, width) = len(joints), IMAGE_SIZE
    middle = ((width - 1) / 2, (height - 1) / 2)
    intrinsics = camera.intrinsic_matrix((FOCAL_LENGTH, FOCAL_LENGTH), middle)
    return Evidence(
        keypoints=camera.project(joints, intrinsics).numpy(),
        confidence=np.ones((count, NUM_JOINTS)),
        intrinsics=np.tile(intrinsics.numpy(), (count, 1, 1)),
        keypoint_set="smpl24",
    )
