"""The .npz files that `hps prior` reads and writes."""

import dataclasses
from pathlib import Path

import numpy as np

from hps_tf.body import BodyModel
from hps_tf.body.skeleton import JOINT_NAMES, NUM_JOINTS
from hps_tf.errors import InputError
from hps_tf.fitting.joint_recovery import Recovered
from hps_tf.io import npz_arrays
from hps_tf.io.npz_arrays import NpzArrays

_NUM_BODY = 22  # Joints that all of SMPL's relatives begin with; hands follow.


@dataclasses.dataclass(frozen=True, eq=False)
class JointsFile:
    """What a file says.

    Attributes:
      joints: `(N, 24, 3)` metres; NaN where unknown.
      shape: `(S,)` of the body.
      frame_rate: Frames per second, if it is given.
    """

    joints: np.ndarray
    shape: np.ndarray
    frame_rate: float | None


def read(path: Path, body: BodyModel) -> JointsFile:
    """Reads a file.

    Args:
      path: The file; its fields: see `hps_tf.cli.prior`.
      body: The body whose joints poses have.

    Raises:
      InputError: If it is damaged, or a field is missing or of another shape.
    """
    arrays = NpzArrays(path.read_bytes(), str(path))
    shape = _shape(arrays, body)
    if "joints" in arrays.names:
        joints = arrays.numbers("joints")
        _check(arrays, "joints", joints, (None, NUM_JOINTS, 3))
    elif "poses" in arrays.names:
        joints = _posed(arrays, body, shape)
    else:
        raise InputError(
            f"{path}: expected field 'joints' or 'poses', received fields {', '.join(arrays.names)}"
        )
    if len(joints) == 0:
        raise InputError(f"{path}: expected at least one pose, received none")
    rate = None
    if "mocap_framerate" in arrays.names:
        rates = arrays.finite_numbers("mocap_framerate")
        if rates.size != 1 or rates.item() <= 0:
            raise InputError(
                f"{path}, field 'mocap_framerate': expected a number above 0, received {rates}"
            )
        rate = rates.item()
    return JointsFile(joints, shape, rate)


def write(
    path: Path, source: JointsFile, poses: Recovered, hypotheses: Recovered | None = None
) -> None:
    """Writes recovered poses, atomically."""
    arrays = {
        "poses": _rows(poses.pose),
        "trans": poses.translation,
        "betas": source.shape,
        "joints": poses.joints,
        "joint_names": np.array(JOINT_NAMES),
    }
    if source.frame_rate is not None:
        arrays["mocap_framerate"] = np.array(source.frame_rate)
    if hypotheses is not None:
        arrays["hypothesis_poses"] = _rows(hypotheses.pose)
        arrays["hypothesis_trans"] = hypotheses.translation
        arrays["hypothesis_joints"] = hypotheses.joints
    npz_arrays.write(path, arrays)


def _shape(arrays: NpzArrays, body: BodyModel) -> np.ndarray:
    shape = np.zeros(body.num_shape, np.float32)
    if "betas" in arrays.names:
        betas = arrays.single_precision("betas")
        if betas.ndim != 1 or len(betas) > body.num_shape:
            raise InputError(
                f"{arrays.file}, field 'betas': expected at most {body.num_shape} numbers, received"
                f" shape {betas.shape}"
            )
        shape[: len(betas)] = betas
    return shape


def _posed(arrays: NpzArrays, body: BodyModel, shape: np.ndarray) -> np.ndarray:
    poses = arrays.single_precision("poses")
    if poses.ndim != 2 or poses.shape[1] % 3 or poses.shape[1] < 3 * _NUM_BODY:
        raise InputError(
            f"{arrays.file}, field 'poses': expected shape (N, 3 J) of at least {_NUM_BODY} joints,"
            f" received {poses.shape}"
        )
    if "joint_names" in arrays.names:
        names = arrays.texts("joint_names")[:_NUM_BODY]
        if names != list(JOINT_NAMES[:_NUM_BODY]):
            raise InputError(
                f"{arrays.file}, field 'joint_names': expected {', '.join(JOINT_NAMES[:_NUM_BODY])}"
                f" first, received {', '.join(names)}"
            )
    trans = np.zeros((len(poses), 3))
    if "trans" in arrays.names:
        trans = arrays.finite_numbers("trans")
        _check(arrays, "trans", trans, (len(poses), 3))
    if len(poses) == 0:
        return np.zeros((0, NUM_JOINTS, 3))
    pose = np.zeros((len(poses), NUM_JOINTS, 3), np.float32)
    pose[:, :_NUM_BODY] = poses[:, : 3 * _NUM_BODY].reshape(len(poses), _NUM_BODY, 3)
    joints = body.joints(pose=pose, shape=np.tile(shape, (len(pose), 1))).numpy()
    return joints + trans[:, None]


def _check(
    arrays: NpzArrays, field: str, array: np.ndarray, expected: tuple[int | None, ...]
) -> None:
    if array.ndim != len(expected) or any(
        size not in (None, given) for size, given in zip(expected, array.shape, strict=True)
    ):
        text = ", ".join("N" if size is None else str(size) for size in expected)
        raise InputError(
            f"{arrays.file}, field {field!r}: expected shape ({text}), received {array.shape}"
        )


def _rows(pose: np.ndarray) -> np.ndarray:
    """`(..., 24, 3)` as `(..., 72)`."""
    return pose.reshape(*pose.shape[:-2], -1)
