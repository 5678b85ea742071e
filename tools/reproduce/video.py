"""Fits noisy keypoints of unseen people's clips, frame by frame and in windows of 16 frames.

The paper's Table 3 finds video better than single frames; here that is asked of fitting alone.
Every clip's middle frames are seen by one camera; each keypoint is off by 4 pixels (standard
deviation along x and y, in an image 256 pixels large) and one in five is missing.
"""

import argparse

import numpy as np

from hps_tf import priors
from hps_tf.body import BodyModel, load_small
from hps_tf.data.mocap import motion_archives
from hps_tf.data.mocap.motion import MotionClip
from hps_tf.errors import InputError
from hps_tf.evaluation import held_out_people
from hps_tf.fitting import Evidence, FitResult, Fitter, VideoFitter, Weights
from hps_tf.fitting.pose_variables import LatentPrior
from hps_tf.geometry import axis_angle, camera
from hps_tf.io.json_file import write as write_json
from hps_tf.metrics import joint_error
from hps_tf.metrics.acceleration import acceleration_error

NOISE = 4.0
MISSING = 0.2
NUM_FRAMES = 48
WINDOW, OVERLAP = 16, 4
WEIGHTS = Weights(prior=1.0, shape=1.0)
SEED = 0


def reproduce(arguments: argparse.Namespace) -> None:
    """Fits the clips both ways and prints what came out."""
    if not arguments.json.parent.is_dir():
        raise InputError(f"--json {arguments.json}: there is no directory {arguments.json.parent}")
    prior = priors.load(arguments.prior, "latent")
    body = load_small()
    clips = _choose(motion_archives.of_split(arguments.data, "test", "--data"), arguments)
    figures = measure(clips, body, prior)
    print(_table(figures))
    write_json(arguments.json, figures)


def _choose(clips: list[MotionClip], arguments: argparse.Namespace) -> list[MotionClip]:
    long_enough = {clip.name: clip for clip in clips if clip.num_frames >= NUM_FRAMES}
    if arguments.clips:
        missing = [name for name in arguments.clips if name not in long_enough]
        if missing:
            raise InputError(
                f"--clips {missing[0]}: expected a test clip of {NUM_FRAMES} frames or more,"
                " received none of that name"
            )
        return [long_enough[name] for name in arguments.clips]
    if not 1 <= arguments.num_clips <= len(long_enough):
        raise InputError(
            f"--num_clips {arguments.num_clips}: there are {len(long_enough)} long enough"
        )
    chosen = np.linspace(0, len(long_enough) - 1, arguments.num_clips).round().astype(int)
    names = list(long_enough)
    return [long_enough[names[index]] for index in chosen]


def measure(clips: list[MotionClip], body: BodyModel, prior: priors.PosePrior) -> dict:
    """Fits clips both ways.

    Args:
      clips: Recorded motion, at least `NUM_FRAMES` each.
      body: Whose body moves, and is fitted.
      prior: The prior of the fits.

    Returns:
      Errors by way and clip, and their means.
    """
    pose = LatentPrior(prior)
    frames = Fitter(body, pose, keypoint_set="smpl24", solver="least_squares")
    windows = Fitter(body, pose, keypoint_set="smpl24", num_frames=WINDOW)
    rng = np.random.default_rng(SEED)
    seen = [_seen(clip, body, rng) for clip in clips]
    evidence = [each[0] for each in seen]
    joints = [each[1] for each in seen]
    by_frame = frames.fit(_joined(evidence), WEIGHTS)
    by_window = VideoFitter(frames, windows, OVERLAP).fit_many(evidence, WEIGHTS)
    single = [
        by_frame.select(slice(first, first + NUM_FRAMES))
        for first in range(0, len(by_frame), NUM_FRAMES)
    ]
    per_clip = {
        "frames": [_errors(*each) for each in zip(single, joints, strict=True)],
        "windows": [_errors(*each) for each in zip(by_window, joints, strict=True)],
    }
    return {
        "clips": [clip.name for clip in clips],
        "noise_px": NOISE,
        "missing": MISSING,
        "seed": SEED,
        "weights": {
            name: weight for name, weight in WEIGHTS._asdict().items() if np.isfinite(weight)
        },
        **{
            way: {name: float(np.mean([each[name] for each in errors])) for name in errors[0]}
            for way, errors in per_clip.items()
        },
        "per_clip": per_clip,
        "clips_better_in_windows": {
            name: sum(
                window[name] < frame[name]
                for frame, window in zip(per_clip["frames"], per_clip["windows"], strict=True)
            )
            for name in per_clip["frames"][0]
        },
    }


def _seen(
    clip: MotionClip, body: BodyModel, rng: np.random.Generator
) -> tuple[Evidence, np.ndarray]:
    """A clip's middle frames before a camera: noisy keypoints, and the true joints."""
    first = (len(clip.pose) - NUM_FRAMES) // 2
    frames = slice(first, first + NUM_FRAMES)
    local = axis_angle.to_matrix(clip.pose[frames]).numpy()
    local[:, 22:] = np.eye(3)
    yaw = axis_angle.to_matrix(np.array([0.0, rng.uniform(0, 2 * np.pi), 0.0])).numpy()
    into_camera = (np.diag([1.0, -1.0, -1.0]) @ yaw).astype(np.float32)
    local[:, 0] = into_camera @ local[:, 0]
    shape = np.zeros((1, body.num_shape), np.float32)
    shape[:, : held_out_people.NUM_SHAPE] = np.clip(
        rng.normal(size=held_out_people.NUM_SHAPE), -2, 2
    )
    path = clip.translation[frames]
    path = (path - path.mean(axis=0)) @ into_camera.T
    joints = body.joints(rotation_matrices=local, shape=shape, translation=path).numpy()
    # Far enough for all frames, and as large as that allows.
    depth = _depth_that_shows(joints)
    joints += [0.0, 0.0, depth]
    intrinsics = np.array(
        [
            [held_out_people.FOCAL_LENGTH, 0, 127.5],
            [0, held_out_people.FOCAL_LENGTH, 127.5],
            [0, 0, 1],
        ],
        np.float32,
    )
    intrinsics = np.tile(intrinsics, (NUM_FRAMES, 1, 1))
    keypoints = camera.project(joints, intrinsics).numpy()
    keypoints += NOISE * rng.normal(size=keypoints.shape)
    confidence = (rng.random(keypoints.shape[:2]) >= MISSING).astype(np.float32)
    return Evidence(keypoints, confidence, intrinsics, "smpl24"), joints


def _depth_that_shows(joints: np.ndarray) -> float:
    half = 0.45 * held_out_people.IMAGE_SIZE[0] / held_out_people.FOCAL_LENGTH
    return float((np.abs(joints[..., :2]).max(axis=-1) / half - joints[..., 2]).max())


def _joined(evidence: list[Evidence]) -> Evidence:
    first, *others = evidence
    for other in others:
        first = first.followed_by(other)
    return first


def _errors(result: FitResult, joints: np.ndarray) -> dict[str, float]:
    """Errors of a clip, seen from the pelvis: of joints in mm, of acceleration in mm per frame²."""
    joints = joints.astype(np.float32)
    mean_error = np.mean(joint_error.mpjpe(result.joints_3d, joints))
    return {
        "mpjpe_mm": float(1000 * mean_error),
        "acceleration_error_mm": float(1000 * acceleration_error(result.joints_3d, joints)),
    }


def _table(figures: dict) -> str:
    lines = [
        f"{len(figures['clips'])} clips of {NUM_FRAMES} frames, {NOISE:g} px noise, "
        f"{MISSING:.0%} missing",
        f"{'':10}{'MPJPE, mm':>12}{'acceleration, mm/frame²':>26}",
    ]
    for way in ("frames", "windows"):
        values = figures[way]
        lines.append(f"{way:10}{values['mpjpe_mm']:12.1f}{values['acceleration_error_mm']:26.1f}")
    return "\n".join(lines)
