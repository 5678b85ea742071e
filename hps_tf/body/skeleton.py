"""The 24 joints of the body and the keypoint sets read from it.

Convention: joints are in SMPL's order, and a parent stands before its children. Left is the
person's own left, +x in the body frame (y up, facing +z). Joint 0 is the root; its rotation is the
global orientation. The pose prior covers `BODY_JOINTS`: all joints but the root and the two hands.

A body model has a `Skeleton` of its own, which may have more joints: it has those of the prior by
these names, and may have fingers and a face.
"""

import dataclasses
import functools

JOINT_NAMES = (
    "pelvis",
    "l_hip",
    "r_hip",
    "spine1",
    "l_knee",
    "r_knee",
    "spine2",
    "l_ankle",
    "r_ankle",
    "spine3",
    "l_foot",
    "r_foot",
    "neck",
    "l_collar",
    "r_collar",
    "head",
    "l_shoulder",
    "r_shoulder",
    "l_elbow",
    "r_elbow",
    "l_wrist",
    "r_wrist",
    "l_hand",
    "r_hand",
)

NUM_JOINTS = len(JOINT_NAMES)

#: Parent of each joint; -1 for the root.
PARENTS = (-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21)

#: Joints covered by the pose prior: 21 joints, 63 axis-angle or 126 6D numbers.
BODY_JOINTS = tuple(range(1, 22))

COCO17_NAMES = (
    "nose",
    "left_eye",
    "right_eye",
    "left_ear",
    "right_ear",
    "left_shoulder",
    "right_shoulder",
    "left_elbow",
    "right_elbow",
    "left_wrist",
    "right_wrist",
    "left_hip",
    "right_hip",
    "left_knee",
    "right_knee",
    "left_ankle",
    "right_ankle",
)

#: Human3.6M's usual 17-joint subset, in the order most evaluations use.
H36M17_NAMES = (
    "pelvis",
    "right_hip",
    "right_knee",
    "right_ankle",
    "left_hip",
    "left_knee",
    "left_ankle",
    "spine",
    "thorax",
    "jaw",
    "head_top",
    "left_shoulder",
    "left_elbow",
    "left_wrist",
    "right_shoulder",
    "right_elbow",
    "right_wrist",
)

#: Keypoint sets that `BodyModel.keypoints` knows, with the name of each keypoint.
KEYPOINT_NAMES = {"coco17": COCO17_NAMES, "h36m17": H36M17_NAMES, "smpl24": JOINT_NAMES}


def mirror_permutation(names: tuple[str, ...]) -> tuple[int, ...]:
    """Finds the index of each name's left-right counterpart.

    Args:
      names: Names whose sides are marked ``l_``/``r_`` or ``left``/``right``; others are midline.

    Returns:
      A permutation `p` that is its own inverse: `names[p[i]]` is the mirror image of `names[i]`.
    """
    return tuple(names.index(_mirrored(name)) for name in names)


def _mirrored(name: str) -> str:
    if name.startswith(("l_", "r_")):
        return ("r" if name[0] == "l" else "l") + name[1:]
    if "left" in name:
        return name.replace("left", "right")
    return name.replace("right", "left")


#: Joint whose place each joint takes in the mirror image.
MIRROR_JOINTS = mirror_permutation(JOINT_NAMES)


@dataclasses.dataclass(frozen=True)
class Skeleton:
    """The joint tree of a body model.

    Example:
      >>> hps_tf.body.load_default().skeleton.index("l_elbow")
      18

    Args:
      joint_names: J names, among them those of the root and of the pose prior's joints.
      parents: The parent of each joint, which stands before it; -1 for the root, the first.

    Raises:
      ValueError: If the names are not J different ones, one that is needed is missing, or a parent
        does not stand before its child.
    """

    joint_names: tuple[str, ...]
    parents: tuple[int, ...]

    def __post_init__(self):
        names, parents = self.joint_names, self.parents
        if len(set(names)) != len(names) or len(parents) != len(names):
            raise ValueError(
                "`joint_names`, `parents`: expected a parent for each of different names, received"
                f" {len(parents)} for {len(set(names))} different ones of {len(names)}"
            )
        if missing := [name for name in JOINT_NAMES[:22] if name not in names]:
            raise ValueError(f"`joint_names`: expected {', '.join(missing)} too, received none")
        for joint, parent in enumerate(parents):
            if not (parent == -1 if joint == 0 else 0 <= parent < joint):
                raise ValueError(
                    f"`parents`: expected that of joint {joint} before it, received {parent}"
                )

    @property
    def num_joints(self) -> int:
        """J."""
        return len(self.joint_names)

    def index(self, name: str) -> int:
        """Gives a joint's place; `l_hand` and `r_hand` may be the middle fingers' first joints."""
        if name in _HANDS and name not in self.joint_names:
            name = _HANDS[name]
        return self.joint_names.index(name)

    @functools.cached_property
    def smpl24(self) -> tuple[int, ...]:
        """The places of `JOINT_NAMES`; those of absent hands are the wrists'."""
        names = {*self.joint_names}
        hands = {hand: hand in names or finger in names for hand, finger in _HANDS.items()}
        return tuple(
            self.index(name if hands.get(name, True) else name.replace("hand", "wrist"))
            for name in JOINT_NAMES
        )

    @functools.cached_property
    def turning_joints(self) -> tuple[int, ...]:
        """The places of the root and of the pose prior's joints."""
        return tuple(self.index(JOINT_NAMES[joint]) for joint in (0, *BODY_JOINTS))

    @functools.cached_property
    def mirror(self) -> tuple[int, ...]:
        """The joint whose place each joint takes in the mirror image."""
        return mirror_permutation(self.joint_names)


#: The first joints of the fingers that SMPL's hand joints stand for.
_HANDS = {"l_hand": "l_middle1", "r_hand": "r_middle1"}

#: The tree of SMPL, of the embedded body and, unless all joints are wanted, of every file.
SMPL24 = Skeleton(JOINT_NAMES, PARENTS)
