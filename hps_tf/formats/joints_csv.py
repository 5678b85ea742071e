"""The joints of everybody as a table of comma-separated values, one line per joint.

Convention: metres in the camera frame of OpenCV (x right, y down, z forward); pixels with pixel
centres at integers.
"""

import csv
import io

import numpy as np

from hps_tf.body.skeleton import Skeleton
from hps_tf.formats.scene import Scene

#: The columns; a cell is empty where the scene does not have its number.
COLUMNS = ("frame", "image", "time_s", "person", "joint", "x_m", "y_m", "z_m", "u_px", "v_px",
           "std_m")  # fmt: skip


def content(scene: Scene) -> bytes:
    """Makes the table of a scene.

    Args:
      scene: The people.

    Returns:
      The content of a ``.csv`` file, with a line of `COLUMNS` first.
    """
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    skeleton = scene.body.skeleton
    for person in scene.people:
        joints = scene.joints(person)
        for row, frame in enumerate(person.frames):
            image = scene.images[frame] if frame < len(scene.images) else ""
            time = "" if scene.frame_rate is None else f"{frame / scene.frame_rate:.4f}"
            for joint, name in enumerate(skeleton.joint_names):
                pixels = _of_joint(person.joints_2d, row, joint, skeleton)
                std = _of_joint(person.joint_std, row, joint, skeleton)
                cells = [frame, image, time, person.name, name]
                cells += [f"{value:.5f}" for value in joints[row, joint]]
                cells += _cells(pixels, 2, ".2f") + _cells(std, 1, ".4f")
                writer.writerow(cells)
    return file.getvalue().encode()


def _of_joint(
    values: np.ndarray | None, row: int, joint: int, skeleton: Skeleton
) -> np.ndarray | None:
    """Gives a joint's values among those of all joints, or of the 24 that all bodies have."""
    if values is None:
        return None
    if values.shape[1] == skeleton.num_joints:
        return values[row, joint]
    return values[row, skeleton.smpl24.index(joint)] if joint in skeleton.smpl24 else None


def _cells(values: np.ndarray | None, count: int, form: str) -> list[str]:
    if values is None:
        return [""] * count
    return [format(float(value), form) for value in np.atleast_1d(values)]
