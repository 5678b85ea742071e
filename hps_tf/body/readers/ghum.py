"""Reader of the linear part of GHUM, from arrays that a holder of the model has exported.

What is public of GHUM (Xu et al. 2020): 10,168 vertices (GHUM) or 3,194 (GHUML), 63 joints whose
names and order MediaPipe published, 16 shape components in a linear or a non-linear version,
non-linear pose correctives. The layout of the released files is not: they are handed out on
request, and their own library reads them. So this reader takes a ``.npz`` with the arrays of the
linear version, which that library can give. Pose correctives and expressions are left out.

* ``joint_names`` (63,): `JOINTS`, in that order.
* ``rest_vertices`` (V, 3), ``rest_joints`` (63, 3): the mean shape in GHUM's rest pose.
* ``vertex_basis`` (V, 3, S), ``joint_basis`` (63, 3, S): displacement for one unit of each shape
  component; rest vertices and joints for a unit code less those for a zero code.
* ``skinning_weights`` (V, 63); ``triangles`` (F, 3).

Convention: metres, y up, facing +z, left = +x, which the reader checks. Zero rotations are the
T-pose, found from the joints as for the embedded body. Of the 63 joints 24 are kept; fingers are
held as in the rest pose and the face is neutral, as `smpl_family` says.
"""

import numpy as np

from hps_tf.body import face, parts, rest_pose
from hps_tf.body.body_data import BodyData
from hps_tf.body.readers.model_file import ModelFile
from hps_tf.body.skeleton import JOINT_NAMES, NUM_JOINTS

FIELDS = (
    "joint_names",
    "rest_vertices",
    "rest_joints",
    "vertex_basis",
    "joint_basis",
    "skinning_weights",
    "triangles",
)

_FINGERS = ("index", "middle", "ring", "pinky", "thumb")
_ARM = (
    *("clavicle", "upperarm", "lowerarm", "hand"),
    *(f"{finger}0{bone}" for finger in _FINGERS for bone in (1, 2, 3)),
)
_LEG = ("thigh", "calf", "ankle", "foot", "ball", "toes01")

#: GHUM's joints, in order.
JOINTS = (
    *("pelvis", "spine01", "spine02", "spine03", "neck01", "head01", "jaw01"),
    *("eye01_l", "eyelidup01_l", "eye01_r", "eyelidup01_r", "eyeliddown01_l", "eyeliddown01_r"),
    *(f"{name}_l" for name in _ARM),
    *(f"{name}_r" for name in _ARM),
    *(f"{name}_l" for name in _LEG),
    *(f"{name}_r" for name in _LEG),
)

#: GHUM's joint for each of the 24, both without their side.
_KEPT = {
    "pelvis": "pelvis",
    "spine1": "spine01",
    "spine2": "spine02",
    "spine3": "spine03",
    "neck": "neck01",
    "head": "head01",
    "hip": "thigh",
    "knee": "calf",
    "ankle": "ankle",
    "foot": "ball",
    "collar": "clavicle",
    "shoulder": "upperarm",
    "elbow": "lowerarm",
    "wrist": "hand",
    "hand": "middle01",
}

#: Which of the 24 carries each of the other joints, by the beginning of its name.
_CARRIERS = {
    **dict.fromkeys(_FINGERS[:-1], "hand"),
    "thumb": "wrist",
    **dict.fromkeys(("jaw", "eye"), "head"),
    "foot": "ankle",
    "toes": "foot",
}


def read(file: ModelFile, num_shape: int) -> BodyData:
    """Reads an export of GHUM or GHUML.

    Args:
      file: The opened file.
      num_shape: Number of shape components to keep, at most.

    Returns:
      The body.

    Raises:
      InputError: If a field is missing or wrong, or the body doesn't stand upright facing +z.
    """
    names = file.words("joint_names")
    if names != JOINTS:
        raise file.wrong("joint_names", f"GHUM's {len(JOINTS)} joints in order", _ellipsis(names))
    template = file.numbers("rest_vertices", (None, 3))
    num_vertices = len(template)
    own_weights = file.unit_rows("skinning_weights", (num_vertices, len(JOINTS)))
    weights = np.zeros((num_vertices, NUM_JOINTS))
    np.add.at(weights.T, [_carrier(name) for name in JOINTS], own_weights.T)

    own_joints = file.numbers("rest_joints", (len(JOINTS), 3))
    joints = own_joints[_kept_joints()]
    _check_frame(file, joints)
    knuckles = [f"{finger}01_{side}" for side in ("l", "r") for finger in ("index", "pinky")]

    shapedirs = file.numbers("vertex_basis", (num_vertices, 3, None))
    joint_shapedirs = file.numbers("joint_basis", (len(JOINTS), 3, shapedirs.shape[-1]))
    shapedirs = shapedirs[..., :num_shape]
    landmarks = face.landmark_regressor(template, weights[:, JOINT_NAMES.index("head")])
    return BodyData(
        template=template,
        shapedirs=shapedirs,
        template_joints=joints,
        joint_shapedirs=joint_shapedirs[_kept_joints(), :, :num_shape],
        weights=weights,
        faces=file.indices("triangles", (None, 3), bound=num_vertices),
        vertex_parts=parts.from_weights(weights),
        rest_rotations=rest_pose.rest_rotations(
            joints, own_joints[[JOINTS.index(name) for name in knuckles]]
        ),
        landmarks=landmarks @ template,
        landmark_shapedirs=np.einsum("lv,vcs->lcs", landmarks, shapedirs),
        name="ghum",
    )


def _kept_joints() -> list[int]:
    """Lists the index of GHUM's joint for each of the 24."""
    indices = []
    for name in JOINT_NAMES:
        side, _, stem = name.rpartition("_")
        indices.append(JOINTS.index(f"{_KEPT[stem]}_{side}" if side else _KEPT[stem]))
    return indices


def _carrier(name: str) -> int:
    """Returns which of the 24 joints carries a joint of GHUM."""
    stem, _, side = name.partition("_")
    for joint, own in _KEPT.items():
        if stem == own:
            return JOINT_NAMES.index(f"{side}_{joint}" if side else joint)
    joint = next(joint for start, joint in _CARRIERS.items() if stem.startswith(start))
    return JOINT_NAMES.index(joint if joint == "head" else f"{side}_{joint}")


def _check_frame(file: ModelFile, joints: np.ndarray) -> None:
    at = dict(zip(JOINT_NAMES, joints, strict=True))
    across = (at["l_hip"] - at["r_hip"])[0]
    upwards = (at["head"] - at["pelvis"])[1]
    forwards = (at["l_foot"] - at["l_ankle"])[2]
    if min(across, upwards, forwards) <= 0.0:
        found = f"{across:.2f} m, {upwards:.2f} m and {forwards:.2f} m"
        expected = "positive x right to left hip, y pelvis to head, z ankle to toes"
        raise file.wrong("rest_joints", expected, found)
    if not 0.3 < upwards < 1.2:
        raise file.wrong("rest_joints", "metres, 0.3 to 1.2 pelvis to head", f"{upwards:.2f}")


def _ellipsis(names: tuple[str, ...]) -> str:
    return f"{len(names)}: {', '.join(names[:3])}, ..."
