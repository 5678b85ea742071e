"""Maps from joints of source skeletons to the joints of the body that they drive.

A joint of the spine, neck or head that nothing drives bends evenly with its neighbours; any other
follows its parent. In CMU skeletons the "wrist" bone is the last third of the forearm and carries
its twist; flexion of the hand sits in the "hand" bone. The wrist is driven by the twist alone:
CMU's hand bones are off by 10 to 40 degrees, differently in each subject, and drive the hand joint,
which the pose prior leaves out.
"""

import dataclasses
import json
from collections.abc import Iterable, Mapping

from hps_tf.body import skeleton
from hps_tf.data.mocap import source_text
from hps_tf.errors import InputError


@dataclasses.dataclass(frozen=True)
class JointMap:
    """How a source skeleton drives the body.

    Attributes:
      drivers: Source joint of each body joint that has one.
      level_pitch: Degrees by which a driving joint stands pitched forward, from its zero pose, in
        somebody who looks straight ahead.
    """

    drivers: Mapping[str, str]
    level_pitch: Mapping[str, float] = dataclasses.field(default_factory=dict)


#: Joints without which limb directions and scale are not known.
REQUIRED = (
    "pelvis",
    "head",
    *(f"{side}_{joint}" for side in "lr" for joint in ("hip", "knee", "ankle")),
    *(f"{side}_{joint}" for side in "lr" for joint in ("shoulder", "elbow", "wrist")),
)


def _both_sides(
    trunk: Mapping[str, str], limbs: Mapping[str, str], left: str, right: str
) -> dict[str, str]:
    """Adds the limbs for both sides; `*` in a name stands for the side's prefix."""
    return dict(trunk) | {
        f"{side}_{joint}": source.replace("*", prefix)
        for side, prefix in (("l", left), ("r", right))
        for joint, source in limbs.items()
    }


# The zero pose of CMU's skeletons looks up: in most subjects' walking the head bone is pitched by
# about 16 degrees, and CMU's BVH conversions give their upright T-pose these angles.
_CMU_LEVEL_PITCH = {"neck": 5.0, "head": 16.0}

ASF = JointMap(
    _both_sides(
        {
            "pelvis": "root",
            "spine1": "lowerback",
            "spine2": "upperback",
            "spine3": "thorax",
            "neck": "upperneck",
            "head": "head",
        },
        {
            "hip": "*femur",
            "knee": "*tibia",
            "ankle": "*foot",
            "foot": "*toes",
            "collar": "*clavicle",
            "shoulder": "*humerus",
            "elbow": "*radius",
            "wrist": "*wrist",
            "hand": "*hand",
        },
        "l",
        "r",
    ),
    _CMU_LEVEL_PITCH,
)

#: The 'MotionBuilder-friendly' BVH conversion of CMU.
MOTIONBUILDER = JointMap(
    _both_sides(
        {
            "pelvis": "Hips",
            "spine1": "LowerBack",
            "spine2": "Spine",
            "spine3": "Spine1",
            "neck": "Neck1",
            "head": "Head",
        },
        {
            "hip": "*UpLeg",
            "knee": "*Leg",
            "ankle": "*Foot",
            "foot": "*ToeBase",
            "collar": "*Shoulder",
            "shoulder": "*Arm",
            "elbow": "*ForeArm",
            "wrist": "*Hand",
            "hand": "*FingerBase",
        },
        "Left",
        "Right",
    ),
    _CMU_LEVEL_PITCH,
)

#: The '3dsMax-friendly' BVH conversion of CMU; its zero pose has the arms hanging.
MAX = JointMap(
    _both_sides(
        {
            "pelvis": "Hips",
            "spine1": "lowerback",
            "spine2": "Chest",
            "spine3": "Chest2",
            "neck": "Neck",
            "head": "Head",
            "l_hand": "lhand",
            "r_hand": "rhand",
        },
        {
            "hip": "*Hip",
            "knee": "*Knee",
            "ankle": "*Ankle",
            "foot": "*Toe",
            "collar": "*Collar",
            "shoulder": "*Shoulder",
            "elbow": "*Elbow",
            "wrist": "*Wrist",
        },
        "Left",
        "Right",
    ),
    _CMU_LEVEL_PITCH,
)

#: The 'DAZ-friendly' BVH conversion of CMU: a level head, two trunk joints, no toes. Its abdomen
#: turns as CMU's upper back, its chest as the thorax; its neck starts lower than ours.
DAZ = JointMap(
    _both_sides(
        {
            "pelvis": "hip",
            "spine2": "abdomen",
            "spine3": "chest",
            "head": "head",
        },
        {
            "hip": "*Thigh",
            "knee": "*Shin",
            "ankle": "*Foot",
            "collar": "*Collar",
            "shoulder": "*Shldr",
            "elbow": "*ForeArm",
            "wrist": "*Hand",
        },
        "l",
        "r",
    )
)

KNOWN = {"ASF": ASF, "MotionBuilder": MOTIONBUILDER, "3ds Max": MAX, "DAZ": DAZ}


def find(names: Iterable[str], file: str) -> JointMap:
    """Returns the known map all of whose driving joints are among `names`.

    Raises:
      InputError: If there is none; `file` is named.
    """
    present = set(names)
    missing = {kind: set(joint_map.drivers.values()) - present for kind, joint_map in KNOWN.items()}
    closest = min(missing, key=lambda kind: len(missing[kind]))
    if missing[closest]:
        raise InputError(
            f"{file}: expected the joints of a known skeleton ({', '.join(KNOWN)}) or a joint"
            f" mapping; the closest is {closest}, but the file has no"
            f" {', '.join(sorted(missing[closest])[:4])}"
        )
    return KNOWN[closest]


def check_present(joint_map: JointMap, names: Iterable[str], file: str) -> None:
    """Raises InputError if a driving joint is not among `names`, the joints of `file`."""
    present = set(names)
    for joint in joint_map.drivers.values():
        if joint not in present:
            raise InputError(
                f"{file}: expected joint {joint!r}, which the joint mapping names, received joints"
                f" {', '.join(sorted(present)[:6])}, ..."
            )


def read(data: bytes, name: str) -> JointMap:
    """Reads a joint mapping: a JSON object from source joint to body joint.

    Args:
      data: The file's content, e.g. ``{"Pelvis": "pelvis", "LThigh": "l_hip", ...}``.
      name: How errors call the file.

    Raises:
      InputError: If it is no such object, names an unknown body joint, drives one twice, or leaves
        out a required one.
    """
    try:
        entries = json.loads(source_text.decode(data, name), object_pairs_hook=list)
    except (json.JSONDecodeError, RecursionError) as error:
        raise InputError(
            f"{name}: expected a JSON object, received invalid JSON: {error}"
        ) from None
    if not isinstance(entries, list) or not all(isinstance(entry, tuple) for entry in entries):
        raise InputError(f"{name}: expected a JSON object from source joint to body joint")
    drivers: dict[str, str] = {}  # by body joint
    for name_in_file, target in entries:
        source = source_text.plain_name(name_in_file)
        if target not in skeleton.JOINT_NAMES:
            raise InputError(
                f"{name}, field {source!r}: expected one of {', '.join(skeleton.JOINT_NAMES)},"
                f" received {target!r}"
            )
        if target in drivers or source in drivers.values():
            raise InputError(
                f"{name}, field {source!r}: expected each joint once, received {source!r} ->"
                f" {target!r} beside {drivers.get(target, source)!r}"
            )
        drivers[target] = source
    missing = [joint for joint in REQUIRED if joint not in drivers]
    if missing:
        raise InputError(f"{name}: expected a source joint for {', '.join(missing)}, received none")
    return JointMap(drivers)
