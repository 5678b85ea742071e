"""Reader of the official SMPL, SMPL-H and SMPL-X files, as .npz or as the original pickles.

Convention: all three models share the first 22 joints. The reader keeps 24: of the 30 finger
joints it keeps each middle finger's first knuckle as SMPL's hand joint, which then carries the
four fingers; the thumb stays with the wrist, jaw and eyes stay with the head. Hands are thus held
flat and the face neutral (no expression). While the joints given up are at rest they move rigidly
with the joint that carries them, so adding their skinning weights to it changes no vertex: with
the hand joints at zero the result is the official model's, to rounding. Turning a hand joint bends
the four fingers as one piece about the middle knuckle. On demand all joints of the file are kept.
"""

from typing import NamedTuple

import numpy as np

from hps_tf.body import face, parts
from hps_tf.body.body_data import BodyData
from hps_tf.body.readers.model_file import ModelFile
from hps_tf.body.skeleton import JOINT_NAMES, NUM_JOINTS, PARENTS, SMPL24, Skeleton

FIELDS = ("v_template", "shapedirs", "posedirs", "J_regressor", "weights", "kintree_table", "f")

_NUM_SHARED = 22
_WRISTS = (JOINT_NAMES.index("l_wrist"), JOINT_NAMES.index("r_wrist"))
_HANDS = (JOINT_NAMES.index("l_hand"), JOINT_NAMES.index("r_hand"))
_HEAD = JOINT_NAMES.index("head")

# Fifteen joints a hand: index, middle, little, ring finger and thumb, three each.
_FINGERS_IN_FRONT_OF_THUMB = 12
_FINGER_JOINTS = 15
_MIDDLE_KNUCKLE = 3

# SMPL-X stores expression components behind shape components: 300 + 100, or 10 + 10.
_SMPLX_SHAPE_COMPONENTS = {400: 300, 20: 10}


class _Layout(NamedTuple):
    """Where the 24 joints are among a model's own, and which of the 24 carries each of its own."""

    model: str
    kept: tuple[int, ...]
    carriers: tuple[int, ...]


def _with_fingers(model: str, face_joints: int) -> _Layout:
    left = _NUM_SHARED + face_joints
    knuckles = (left + _MIDDLE_KNUCKLE, left + _FINGER_JOINTS + _MIDDLE_KNUCKLE)
    carriers = [*range(_NUM_SHARED), *[_HEAD] * face_joints]
    for hand, wrist in zip(_HANDS, _WRISTS, strict=True):
        carriers += [hand] * _FINGERS_IN_FRONT_OF_THUMB
        carriers += [wrist] * (_FINGER_JOINTS - _FINGERS_IN_FRONT_OF_THUMB)
    return _Layout(model, (*range(_NUM_SHARED), *knuckles), tuple(carriers))


_LAYOUTS = {
    24: _Layout("SMPL", tuple(range(NUM_JOINTS)), tuple(range(NUM_JOINTS))),
    52: _with_fingers("SMPL-H", face_joints=0),
    55: _with_fingers("SMPL-X", face_joints=3),
}


_FINGERS = ("index", "middle", "pinky", "ring", "thumb")


def _joint_names(layout: _Layout) -> tuple[str, ...]:
    """The names of a model's own joints; the first 22 are SMPL's."""
    if len(layout.carriers) == NUM_JOINTS:
        return JOINT_NAMES
    face_joints = ("jaw", "l_eye", "r_eye")[: len(layout.carriers) - _NUM_SHARED - 30]
    fingers = [
        f"{side}_{finger}{bone}" for side in "lr" for finger in _FINGERS for bone in (1, 2, 3)
    ]
    return (*JOINT_NAMES[:_NUM_SHARED], *face_joints, *fingers)


def read(file: ModelFile, num_shape: int, *, all_joints: bool = False) -> BodyData:
    """Reads a body of the family; the number of joints determines which one it is.

    Args:
      file: The opened file.
      num_shape: Number of shape components to keep, at most.
      all_joints: Whether all joints of the file are kept, or 24.

    Returns:
      The body.

    Raises:
      InputError: If a field is missing or wrong.
    """
    template = file.numbers("v_template", (None, 3))
    num_vertices = len(template)
    own_weights = file.unit_rows("weights", (num_vertices, None))
    num_joints = own_weights.shape[1]
    if num_joints not in _LAYOUTS:
        known = ", ".join(f"{count} ({layout.model})" for count, layout in _LAYOUTS.items())
        raise file.wrong("weights", f"columns for {known} joints", str(num_joints))
    layout = _LAYOUTS[num_joints]
    parents = _checked_parents(file, layout)
    weights = np.zeros((num_vertices, NUM_JOINTS))
    np.add.at(weights.T, list(layout.carriers), own_weights.T)

    shapedirs = file.numbers("shapedirs", (num_vertices, 3, None))
    if layout.model == "SMPL-X":
        available = _SMPLX_SHAPE_COMPONENTS.get(shapedirs.shape[-1], shapedirs.shape[-1])
        shapedirs = shapedirs[..., :available]
    shapedirs = shapedirs[..., :num_shape]

    regressor = file.numbers("J_regressor", (num_joints, num_vertices))
    posedirs = file.numbers("posedirs", (num_vertices, 3, 9 * (num_joints - 1)))
    skeleton, vertex_parts = SMPL24, parts.from_weights(weights)
    landmarks = face.landmark_regressor(template, weights[:, _HEAD])
    if all_joints:
        skeleton, weights = Skeleton(_joint_names(layout), parents), own_weights
    else:
        regressor = regressor[list(layout.kept)]
        posedirs = _kept_posedirs(posedirs)
    return BodyData(
        template=template,
        shapedirs=shapedirs,
        template_joints=regressor @ template,
        joint_shapedirs=np.einsum("jv,vcs->jcs", regressor, shapedirs),
        weights=weights,
        faces=file.indices("f", (None, 3), bound=num_vertices),
        vertex_parts=vertex_parts,
        rest_rotations=np.tile(np.eye(3), (skeleton.num_joints, 1, 1)),
        posedirs=posedirs,
        landmarks=landmarks @ template,
        landmark_shapedirs=np.einsum("lv,vcs->lcs", landmarks, shapedirs),
        name=layout.model.lower().replace("-", ""),
        skeleton=skeleton,
    )


def _checked_parents(file: ModelFile, layout: _Layout) -> tuple[int, ...]:
    """Reads the tree; the joints kept must hang together as SMPL's do."""
    num_joints = len(layout.carriers)
    parents = file.numbers("kintree_table", (2, num_joints))[0]
    for joint, own in enumerate(layout.kept[1:], start=1):
        if parents[own] != layout.kept[PARENTS[joint]]:
            expected = (
                f"{layout.model}'s tree, with joint {own} below {layout.kept[PARENTS[joint]]}"
            )
            raise file.wrong("kintree_table", expected, f"it below {parents[own]:g}")
    for joint, parent in enumerate(parents[1:], start=1):
        if not 0 <= parent < joint:
            raise file.wrong("kintree_table", f"joint {joint} below one before it", f"{parent:g}")
    return (-1, *(int(parent) for parent in parents[1:]))


def _kept_posedirs(posedirs: np.ndarray) -> np.ndarray:
    """Takes the pose blend shapes of the 22 shared joints; the hands' are at rest."""
    kept = np.zeros((*posedirs.shape[:2], 9 * (NUM_JOINTS - 1)))
    is_smpl = posedirs.shape[-1] == kept.shape[-1]
    count = kept.shape[-1] if is_smpl else 9 * (_NUM_SHARED - 1)
    kept[..., :count] = posedirs[..., :count]
    return kept
