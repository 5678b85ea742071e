"""People as Biovision hierarchies (BVH), one file per person.

Convention: x right, y up, z backward, in centimetres, as most programs expect; zero rotations are
the T-pose facing +z. Rotations are in degrees, in the order Z, X, Y. Frames in which a person was
not seen are interpolated, since the format has no gaps.
"""

import numpy as np
from scipy.spatial.transform import Rotation, Slerp

from hps_tf.body import BodyModel
from hps_tf.formats import skeleton_nodes
from hps_tf.formats.scene import TO_Y_UP, Person
from hps_tf.formats.skeleton_nodes import SkeletonNodes

_CENTIMETRES = 100.0
_STILL_RATE = 30.0
_TIP = 0.5  # Of the last bone: how far the end of a limb is beyond its last joint.
_ROOT_CHANNELS = "6 Xposition Yposition Zposition Zrotation Xrotation Yrotation"
_CHANNELS = "3 Zrotation Xrotation Yrotation"


def content(person: Person, body: BodyModel, frame_rate: float | None) -> bytes:
    """Makes the file of a person.

    Args:
      person: The person.
      body: The body model.
      frame_rate: Frames per second; None of a photograph, which becomes one frame.

    Returns:
      The content of a ``.bvh`` file.
    """
    skeleton = skeleton_nodes.of_body(body, person.shape)
    pose = skeleton_nodes.every_joint(body, person.pose)
    turns, places = _every_frame(person, pose)
    turns[:, 0] = TO_Y_UP @ turns[:, 0]
    places = (skeleton.rest[0] + places) @ TO_Y_UP.T * _CENTIMETRES
    angles = Rotation.from_matrix(turns.reshape(-1, 3, 3)).as_euler("ZXY", degrees=True)
    angles = angles.reshape(*turns.shape[:2], 3)[:, _order(skeleton)]
    rows = np.concatenate([places, angles.reshape(len(angles), -1)], axis=1)
    lines = ["HIERARCHY", *_hierarchy(skeleton, 0, 0), "MOTION", f"Frames: {len(rows)}"]
    lines.append(f"Frame Time: {1 / (frame_rate or _STILL_RATE):.8f}")
    lines += [" ".join(f"{value:.5f}" for value in row) for row in rows]
    return ("\n".join(lines) + "\n").encode()


def _every_frame(person: Person, pose: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gives rotations `(F, J, 3, 3)` and translations `(F, 3)` of all frames, first to last."""
    frames = np.arange(person.frames[0], person.frames[-1] + 1)
    count = pose.shape[1]
    if len(frames) == 1:
        turns = Rotation.from_rotvec(pose[0]).as_matrix()
        return turns[None], person.translation.astype(np.float64)
    turns = np.empty((len(frames), count, 3, 3))
    for joint in range(count):
        known = Rotation.from_rotvec(pose[:, joint])
        turns[:, joint] = Slerp(person.frames, known)(frames).as_matrix()
    places = [np.interp(frames, person.frames, person.translation[:, axis]) for axis in range(3)]
    return turns, np.stack(places, axis=1)


def _children(skeleton: SkeletonNodes, joint: int) -> list[int]:
    return [child for child, parent in enumerate(skeleton.parents) if parent == joint]


def _order(skeleton: SkeletonNodes, joint: int = 0) -> list[int]:
    """Gives the joints in the order in which the hierarchy lists them."""
    found = [joint]
    for child in _children(skeleton, joint):
        found += _order(skeleton, child)
    return found


def _hierarchy(skeleton: SkeletonNodes, joint: int, depth: int) -> list[str]:
    indent = "  " * depth
    offset = np.zeros(3) if joint == 0 else skeleton.offsets[joint] * _CENTIMETRES
    lines = [
        f"{indent}{'JOINT' if depth else 'ROOT'} {skeleton.names[joint]}",
        f"{indent}{{",
        f"{indent}  OFFSET {_numbers(offset)}",
        f"{indent}  CHANNELS {_CHANNELS if depth else _ROOT_CHANNELS}",
    ]
    children = _children(skeleton, joint)
    for child in children:
        lines += _hierarchy(skeleton, child, depth + 1)
    if not children:
        lines += [f"{indent}  End Site", f"{indent}  {{"]
        lines += [f"{indent}    OFFSET {_numbers(_TIP * offset)}", f"{indent}  }}"]
    return [*lines, f"{indent}}}"]


def _numbers(values: np.ndarray) -> str:
    return " ".join(f"{value:.6f}" for value in values)
