"""Reader of AMASS motions: SMPL, SMPL-H and SMPL-X parameters in .npz files.

Convention: the motion stays in the file's world, in which z is up if the file is AMASS's own. The
body joints 1..21 are the same in all three models; fingers are dropped, so that only SMPL's own
files (72 values per frame) turn the hands. Body shape (`betas`, `gender`) is not read: poses do not
depend on it, and positions become the pelvis of the default body up to a constant.
"""

import numpy as np
from scipy.spatial.transform import Rotation

from hps_tf.body import skeleton
from hps_tf.data.mocap.angles import AngleUnit
from hps_tf.data.mocap.motion import BodyMotion
from hps_tf.data.mocap.source_text import LARGEST_NUMBER
from hps_tf.errors import InputError
from hps_tf.io.npz_arrays import NpzArrays

#: The axis that is up in AMASS.
UP = "z"
_VALUES_PER_FRAME = {72: "SMPL", 156: "SMPL-H", 165: "SMPL-X"}
_BODY_VALUES = 66
_RATE_FIELDS = ("mocap_framerate", "mocap_frame_rate")
_LARGEST_TURN = 4 * np.pi


def read(
    data: bytes, name: str, fps: float | None = None, unit: AngleUnit | None = None
) -> BodyMotion:
    """Reads an AMASS file.

    Args:
      data: The file's content.
      name: How errors call the file.
      fps: Frames per second, if the user states them; the file's own are not looked at then.
      unit: The unit of angles, if the user states it.

    Raises:
      InputError: If the file or a field of it is wrong.
    """
    arrays = NpzArrays(data, name)
    poses = arrays.finite_numbers("poses")
    if poses.ndim != 2 or poses.shape[1] not in _VALUES_PER_FRAME or len(poses) == 0:
        expected = ", ".join(f"(N, {n}) of {model}" for n, model in _VALUES_PER_FRAME.items())
        raise InputError(
            f"{name}, field 'poses': expected {expected}, received shape {poses.shape}"
        )
    translation = arrays.finite_numbers("trans")
    if translation.shape != (len(poses), 3):
        raise InputError(
            f"{name}, field 'trans': expected shape ({len(poses)}, 3) as 'poses' has frames,"
            f" received {translation.shape}"
        )
    values = 3 * skeleton.NUM_JOINTS if poses.shape[1] == 72 else _BODY_VALUES
    for field, array in (("poses", poses[:, :values]), ("trans", translation)):
        if np.abs(array).max() > LARGEST_NUMBER:
            raise InputError(
                f"{name}, field {field!r}: expected numbers of at most {LARGEST_NUMBER:g}, received"
                f" {np.abs(array).max():g}"
            )
    largest = np.abs(poses[:, :values]).max()
    if unit is None and largest > _LARGEST_TURN:
        raise InputError(
            f"{name}, field 'poses': expected axis-angle in radians, received {largest:.4g}: this"
            " looks like degrees (state the unit: --angles degrees, or --angles radians)"
        )
    if unit == "degrees":
        poses = np.radians(poses)
    pose = np.zeros((len(poses), skeleton.NUM_JOINTS, 3))
    pose.reshape(len(poses), -1)[:, :values] = poses[:, :values]
    rotations = Rotation.from_rotvec(pose).as_matrix()
    return BodyMotion(rotations, translation, fps or _read_fps(arrays))


def _read_fps(arrays: NpzArrays) -> float:
    for field in _RATE_FIELDS:
        if field in arrays.names:
            fps = arrays.finite_numbers(field)
            if fps.size != 1 or not 1 <= fps.item() <= 10_000:
                raise InputError(
                    f"{arrays.file}, field {field!r}: expected frames per second from 1 to 10000"
                    f" (or stated by --source_fps), received {np.array2string(fps, threshold=4)}"
                )
            return float(fps.item())
    raise InputError(
        f"{arrays.file}: expected field {' or '.join(_RATE_FIELDS)} (or the rate stated by"
        f" --source_fps), received fields {', '.join(arrays.names)}"
    )
