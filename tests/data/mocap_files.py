"""Small motion files with known rotations, and the slow, plain reading of them."""

import io
import math
import warnings

import numpy as np
from scipy.spatial.transform import Rotation

CHANNELS = ("Zrotation", "Yrotation", "Xrotation")
ROOT_CHANNELS = ("Xposition", "Yposition", "Zposition", *CHANNELS)

# name: parent, direction, length, axis, degrees of freedom; the left side, mirrored below.
_ASF_TRUNK = {
    "lowerback": ("root", (0, 0.997, -0.07), 2.0, (0, 0, 0), "rx ry rz"),
    "upperback": ("lowerback", (0, 1, 0), 2.0, (0, 0, 0), "rx ry rz"),
    "thorax": ("upperback", (0, 1, 0), 2.0, (0, 0, 0), "rx ry rz"),
    "lowerneck": ("thorax", (0, 0.995, 0.1), 1.6, (0, 0, 0), "rx ry rz"),
    "upperneck": ("lowerneck", (0, 1, 0), 1.6, (0, 0, 0), "rx ry rz"),
    "head": ("upperneck", (0, 1, 0), 1.7, (0, 0, 0), "rx ry rz"),
}
_ASF_LEFT = {
    "hipjoint": ("root", (0.656, -0.713, 0.247), 2.5, (0, 0, 0), ""),
    "femur": ("hipjoint", (0.34202, -0.939693, 0), 7.6, (0, 0, 20), "rx ry rz"),
    "tibia": ("femur", (0.34202, -0.939693, 0), 7.3, (0, 0, 20), "rx"),
    "foot": ("tibia", (0.0887, -0.2437, 0.9658), 2.2, (-90, 0, 20), "rx rz"),
    "toes": ("foot", (0, 0, 1), 1.1, (-90, 0, 20), "rx"),
    "clavicle": ("thorax", (0.97, 0.243, 0), 3.6, (0, 0, 0), "ry rz"),
    "humerus": ("clavicle", (1, 0, 0), 4.9, (180, -30, -90), "rx ry rz"),
    "radius": ("humerus", (1, 0, 0), 3.4, (180, -30, -90), "rx"),
    "wrist": ("radius", (1, 0, 0), 1.7, (0, 90, 90), "ry"),
    "hand": ("wrist", (1, 0, 0), 0.7, (0, 90, 90), "rx rz"),
    "fingers": ("hand", (1, 0, 0), 0.5, (0, 90, 90), "rx"),
}


def asf_bones():
    """Bones of a CMU-like person by name: parent, direction, length, axis, degrees of freedom."""
    bones = dict(_ASF_TRUNK)
    for side, sign in (("l", 1), ("r", -1)):
        for name, (parent, (x, y, z), length, (a, b, c), dofs) in _ASF_LEFT.items():
            above = parent if parent in ("root", "thorax") else side + parent
            axis = (a, sign * b, sign * c)
            bones[side + name] = (above, (sign * x, y, z), length, axis, dofs)
    return bones


def asf_text(length_unit=0.45):
    lines = [
        "# a person",
        ":version 1.10",
        ":name VICON",
        ":units",
        "  mass 1.0",
        f"  length {length_unit}",
        "  angle deg",
        ":documentation",
        "   made for a test",
        ":root",
        "   order TX TY TZ RX RY RZ",
        "   axis XYZ",
        "   position 0 0 0",
        "   orientation 0 0 0",
        ":bonedata",
    ]
    for number, (name, (_, direction, length, axis, dofs)) in enumerate(asf_bones().items(), 1):
        lines += ["  begin", f"     id {number}", f"     name {name}"]
        lines += [f"     direction {' '.join(map(str, direction))}", f"     length {length}"]
        lines += [f"     axis {' '.join(map(str, axis))}  XYZ"]
        if dofs:
            limits = ["(-160.0 20.0)"] * len(dofs.split())
            lines += [f"    dof {dofs}", f"    limits {limits[0]}"]
            lines += [f"           {limit}" for limit in limits[1:]]
        lines += ["  end"]
    lines += [":hierarchy", "  begin"]
    for parent in ("root", *asf_bones()):
        children = [name for name, bone in asf_bones().items() if bone[0] == parent]
        if children:
            lines += [f"    {parent} {' '.join(children)}"]
    return "\n".join([*lines, "  end", ""])


def amc_values(num_frames, seed=0, fps=120.0):
    """Values of each bone by frame: a person who sways with every joint."""
    bones = {"root": "tx ty tz rx ry rz"} | {
        name: bone[4] for name, bone in asf_bones().items() if bone[4]
    }
    rng = np.random.default_rng(seed)
    time = np.arange(num_frames) / fps
    values = {}
    for name, dofs in bones.items():
        size = len(dofs.split())
        phase = rng.uniform(0, 2 * np.pi, size)
        values[name] = 25 * np.sin(2 * np.pi * time[:, None] + phase) + rng.uniform(5, 15, size)
    values["root"][:, :3] = [3.0, 16.0, -2.0] + 0.01 * values["root"][:, :3]
    return values


def amc_text(values, header="#!OML:ASF person.ASF\n:FULLY-SPECIFIED\n:DEGREES\n"):
    lines = []
    for frame in range(len(values["root"])):
        lines.append(str(frame + 1))
        lines += [f"{name} {' '.join(f'{v:.10g}' for v in v[frame])}" for name, v in values.items()]
    return header + "\n".join(lines) + "\n"


def read_amc_slowly(values, metres):
    """World rotations and positions of each bone's joint by name, frame by frame."""
    bones = asf_bones()
    rotations = {name: [] for name in ("root", *bones)}
    positions = {name: [] for name in ("root", *bones)}
    for frame in range(len(values["root"])):
        root = values["root"][frame]
        rotations["root"].append(euler("XYZ", root[3:]))
        positions["root"].append(root[:3] * metres)
        for name, (parent, _, _, axis, dofs) in bones.items():
            angles = dict.fromkeys("xyz", 0.0)
            if dofs:
                angles |= dict(zip(dofs.replace("r", "").split(), values[name][frame], strict=True))
            local = euler("XYZ", [angles[a] for a in "xyz"])
            axes = euler("XYZ", axis)
            rotations[name].append(rotations[parent][-1] @ axes @ local @ axes.T)
            end = np.zeros(3)
            if parent != "root":
                _, direction, length, _, _ = bones[parent]
                end = np.array(direction) * length * metres
            positions[name].append(positions[parent][-1] + rotations[parent][-1] @ end)
    return rotations, positions


def turn(axis, degrees):
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return {
        "X": np.array([[1, 0, 0], [0, c, -s], [0, s, c]]),
        "Y": np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]),
        "Z": np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]),
    }[axis]


def euler(order, angles):
    """The rotation that applies the axes of `order` one after another."""
    matrix = np.eye(3)
    for axis, angle in zip(order, angles, strict=True):
        matrix = turn(axis, angle) @ matrix
    return matrix


# name: parent, offset; the legs of CMU's MotionBuilder files are spread by 20 degrees.
MOTIONBUILDER = {
    "Hips": (None, (0, 0, 0)),
    "LHipJoint": ("Hips", (0, 0, 0)),
    "LeftUpLeg": ("LHipJoint", (1.6, -1.8, 0.6)),
    "LeftLeg": ("LeftUpLeg", (2.6, -7.14, 0)),
    "LeftFoot": ("LeftLeg", (2.5, -6.85, 0)),
    "LeftToeBase": ("LeftFoot", (0.197, -0.541, 2.146)),
    "RHipJoint": ("Hips", (0, 0, 0)),
    "RightUpLeg": ("RHipJoint", (-1.6, -1.8, 0.6)),
    "RightLeg": ("RightUpLeg", (-2.6, -7.14, 0)),
    "RightFoot": ("RightLeg", (-2.5, -6.85, 0)),
    "RightToeBase": ("RightFoot", (-0.197, -0.541, 2.146)),
    "LowerBack": ("Hips", (0, 0, 0)),
    "Spine": ("LowerBack", (0, 2.05, -0.14)),
    "Spine1": ("Spine", (0, 2.06, -0.06)),
    "Neck": ("Spine1", (0, 0, 0)),
    "Neck1": ("Neck", (0, 1.57, 0.15)),
    "Head": ("Neck1", (0, 1.56, -0.1)),
    "LeftShoulder": ("Spine1", (0, 0, 0)),
    "LeftArm": ("LeftShoulder", (3.5, 0.9, -0.2)),
    "LeftForeArm": ("LeftArm", (4.9, 0, 0)),
    "LeftHand": ("LeftForeArm", (3.4, 0, 0)),
    "LeftFingerBase": ("LeftHand", (0, 0, 0)),
    "RightShoulder": ("Spine1", (0, 0, 0)),
    "RightArm": ("RightShoulder", (-3.5, 0.9, -0.2)),
    "RightForeArm": ("RightArm", (-4.9, 0, 0)),
    "RightHand": ("RightForeArm", (-3.4, 0, 0)),
    "RightFingerBase": ("RightHand", (0, 0, 0)),
}
MAX = {
    "Hips": (None, (0, 0, 0)),
    "LeftHip": ("Hips", (1.2, -1.6, 0.7)),
    "LeftKnee": ("LeftHip", (2.5, -6.9, 0)),
    "LeftAnkle": ("LeftKnee", (2.4, -6.5, 0)),
    "LeftToe": ("LeftAnkle", (0.15, -0.4, 2.2)),
    "RightHip": ("Hips", (-1.2, -1.6, 0.7)),
    "RightKnee": ("RightHip", (-2.5, -6.9, 0)),
    "RightAnkle": ("RightKnee", (-2.4, -6.5, 0)),
    "RightToe": ("RightAnkle", (-0.15, -0.4, 2.2)),
    "lowerback": ("Hips", (0, 0, 0)),
    "Chest": ("lowerback", (0, 2, 0)),
    "Chest2": ("Chest", (0, 2, 0)),
    "Neck": ("Chest2", (0, 1.6, 0.1)),
    "Head": ("Neck", (0, 1.6, 0)),
    "LeftCollar": ("Chest2", (0, 0, 0)),
    "LeftShoulder": ("LeftCollar", (3.0, 1.5, 0)),
    "LeftElbow": ("LeftShoulder", (0, -4.25, 0)),
    "LeftWrist": ("LeftElbow", (0, -3.3, 0)),
    "lhand": ("LeftWrist", (0, 0, 0)),
    "RightCollar": ("Chest2", (0, 0, 0)),
    "RightShoulder": ("RightCollar", (-3.0, 1.5, 0)),
    "RightElbow": ("RightShoulder", (0, -4.25, 0)),
    "RightWrist": ("RightElbow", (0, -3.3, 0)),
    "rhand": ("RightWrist", (0, 0, 0)),
}
DAZ = {
    "hip": (None, (0, 0, 0)),
    "abdomen": ("hip", (0, 20.7, -0.7)),
    "chest": ("abdomen", (0, 11.7, -0.5)),
    "neck": ("chest", (0, 22.2, -2.2)),
    "head": ("neck", (0, 7.1, 1.2)),
    "rCollar": ("chest", (-2.7, 19.3, -4.9)),
    "rShldr": ("rCollar", (-8.8, -2, 1.5)),
    "rForeArm": ("rShldr", (-28.2, -1.7, 0.5)),
    "rHand": ("rForeArm", (-22.6, 0.8, 7.1)),
    "lCollar": ("chest", (2.7, 19.3, -4.9)),
    "lShldr": ("lCollar", (8.8, -2, 1.5)),
    "lForeArm": ("lShldr", (28.2, -1.7, 0.5)),
    "lHand": ("lForeArm", (22.6, 0.8, 7.1)),
    "rButtock": ("hip", (-8.8, 4.4, 1.2)),
    "rThigh": ("rButtock", (0, -1.7, -2.2)),
    "rShin": ("rThigh", (0, -36.8, 0.7)),
    "rFoot": ("rShin", (0.7, -45.1, -5.1)),
    "lButtock": ("hip", (8.8, 4.4, 1.2)),
    "lThigh": ("lButtock", (0, -1.7, -2.2)),
    "lShin": ("lThigh", (0, -36.8, 0.7)),
    "lFoot": ("lShin", (-0.7, -45.1, -5.1)),
}


def bvh_joints(skeleton, channels=CHANNELS):
    """Joints of a skeleton, root first: name, parent, offset, channels."""
    return [
        (name, parent, offset, ROOT_CHANNELS if parent is None else channels)
        for name, (parent, offset) in skeleton.items()
    ]


def bvh_values(joints, num_frames, seed=0, fps=120.0):
    """Values `(F, C)` of a person who sways with every joint."""
    rng = np.random.default_rng(seed)
    channels = [channel for joint in joints for channel in joint[3]]
    time = np.arange(num_frames) / fps
    phase = rng.uniform(0, 2 * np.pi, len(channels))
    values = 20 * np.sin(2 * np.pi * time[:, None] + phase) + rng.uniform(5, 15, len(channels))
    moving = [channel.endswith("position") for channel in channels]
    values[:, moving] = [3.0, 17.0, -2.0]
    return values


def bvh_text(joints, values, frame_time="0.00833333", frames=None):
    children = {name: [j for j in joints if j[1] == name] for name, *_ in joints}

    def describe(joint, indent):
        name, parent, offset, channels = joint
        pad = "\t" * indent
        yield f"{pad}{'ROOT' if parent is None else 'JOINT'} {name}"
        yield pad + "{"
        yield f"{pad}\tOFFSET {' '.join(map(str, offset))}"
        yield f"{pad}\tCHANNELS {len(channels)} {' '.join(channels)}"
        for child in children[name]:
            yield from describe(child, indent + 1)
        if not children[name]:
            yield from [pad + "\tEnd Site", pad + "\t{", pad + "\t\tOFFSET 0 0 1", pad + "\t}"]
        yield pad + "}"

    hierarchy = "\n".join(["HIERARCHY", *describe(joints[0], 0)])
    rows = "\n".join(" ".join(f"{v:.10g}" for v in row) for row in values)
    count = len(values) if frames is None else frames
    return f"{hierarchy}\nMOTION\nFrames: {count}\nFrame Time: {frame_time}\n{rows}\n"


def read_bvh_slowly(joints, values):
    """World rotations and positions of each joint by name, frame by frame."""
    rotations = {name: [] for name, *_ in joints}
    positions = {name: [] for name, *_ in joints}
    for row in values:
        numbers = iter(row)
        for name, parent, offset, channels in joints:
            local, place = np.eye(3), np.array(offset, float)
            for channel in channels:
                value = next(numbers)
                if channel.endswith("position"):
                    place["XYZ".index(channel[0])] = value
                else:
                    local = local @ turn(channel[0], value)
            if parent is None:
                rotations[name].append(local)
                positions[name].append(place)
            else:
                rotations[name].append(rotations[parent][-1] @ local)
                positions[name].append(positions[parent][-1] + rotations[parent][-1] @ place)
    return rotations, positions


def amass_bytes(poses, trans, **fields):
    buffer = io.BytesIO()
    np.savez(buffer, poses=poses, trans=trans, **fields)
    return buffer.getvalue()


def told_by_other_frames(joints, values, frames, world):
    """The same motion, told by a skeleton with other local frames in another world.

    Args:
      joints: Of a skeleton with frames that are aligned with the world at zero.
      values: Of a motion of it.
      frames: `(3, 3)` orientation of each joint's new frame at zero, in the old one, by name.
      world: `(3, 3)` rotation from the old world to the new one.
    """
    rotations, positions = read_bvh_slowly(joints, values)
    new_joints, columns = [], []
    for name, parent, offset, _ in joints:
        turned = world @ np.array(rotations[name]) @ frames[name]
        if parent is None:
            columns.append(np.array(positions[name]) @ world.T)
            new_offset, local = offset, turned
        else:
            above = world @ np.array(rotations[parent]) @ frames[parent]
            new_offset, local = frames[parent].T @ offset, np.swapaxes(above, -1, -2) @ turned
        new_joints.append(
            (name, parent, tuple(new_offset), ROOT_CHANNELS if parent is None else CHANNELS)
        )
        columns.append(_euler_angles(local))
    return new_joints, np.concatenate(columns, axis=1)


def _euler_angles(matrices):
    """Angles `(F, 3)` about Z, Y and X, of which one is free where Y is a quarter turn."""
    with warnings.catch_warnings(category=UserWarning, action="ignore"):
        return Rotation.from_matrix(matrices).as_euler("ZYX", degrees=True)


def along(axis, skeleton):
    """Frames of a skeleton whose bones, but for the root's, lie along an axis `(3,)` at zero."""
    frames = {}
    for name, (parent, _) in skeleton.items():
        below = [offset for above, offset in skeleton.values() if above == name and any(offset)]
        frames[name] = np.eye(3)
        if parent is not None and below:
            turn_to_bone, _ = Rotation.align_vectors([below[0]], [axis])
            frames[name] = turn_to_bone.as_matrix()
    return frames


#: A person in a T-pose at zero, 22 joints, in centimetres; the names are Motive's and Mixamo's.
PERSON = {
    "Hips": (None, (0, 0, 0)),
    "Spine": ("Hips", (0, 10, 0)),
    "Spine1": ("Spine", (0, 12, 0)),
    "Spine2": ("Spine1", (0, 13, 0)),
    "Neck": ("Spine2", (0, 16, 0)),
    "Head": ("Neck", (0, 10, 2)),
    "LeftShoulder": ("Spine2", (6, 12, 0)),
    "LeftArm": ("LeftShoulder", (12, 0, 0)),
    "LeftForeArm": ("LeftArm", (28, 0, 0)),
    "LeftHand": ("LeftForeArm", (26, 0, 0)),
    "RightShoulder": ("Spine2", (-6, 12, 0)),
    "RightArm": ("RightShoulder", (-12, 0, 0)),
    "RightForeArm": ("RightArm", (-28, 0, 0)),
    "RightHand": ("RightForeArm", (-26, 0, 0)),
    "LeftUpLeg": ("Hips", (9, -5, 0)),
    "LeftLeg": ("LeftUpLeg", (0, -42, 0)),
    "LeftFoot": ("LeftLeg", (0, -41, 0)),
    "LeftToeBase": ("LeftFoot", (0, -8, 13)),
    "RightUpLeg": ("Hips", (-9, -5, 0)),
    "RightLeg": ("RightUpLeg", (0, -42, 0)),
    "RightFoot": ("RightLeg", (0, -41, 0)),
    "RightToeBase": ("RightFoot", (0, -8, 13)),
}
#: Which of its joints drives which of the body's.
PERSON_MAPPING = {
    "Hips": "pelvis",
    "Spine": "spine1",
    "Spine1": "spine2",
    "Spine2": "spine3",
    "Neck": "neck",
    "Head": "head",
} | {
    f"{side}{source}": f"{side[0].lower()}_{joint}"
    for side in ("Left", "Right")
    for source, joint in {
        "Shoulder": "collar",
        "Arm": "shoulder",
        "ForeArm": "elbow",
        "Hand": "wrist",
        "UpLeg": "hip",
        "Leg": "knee",
        "Foot": "ankle",
        "ToeBase": "foot",
    }.items()
}


def walk(num_frames=12, fps=30.0):
    """Joints and values of a person who walks 1.1 m a second towards +z, arms hanging."""
    joints = bvh_joints(PERSON)
    time = np.arange(num_frames) / fps
    swing = np.sin(2 * np.pi * time)
    turns = {name: np.tile([1.0, -2.0, 4.0], (num_frames, 1)) for name in PERSON}  # Z, Y, X
    turns["Hips"] = np.stack([2 * swing, 25 + 5 * swing, 3 + swing], axis=1)
    for side, sign in (("Left", 1), ("Right", -1)):
        turns[f"{side}Arm"] = np.stack([-65 * sign + 0 * time, 8 * sign * swing, 10 + 0 * time], 1)
        turns[f"{side}ForeArm"] = np.stack([0 * time, -sign * (30 + 20 * swing), 5 + 0 * time], 1)
        turns[f"{side}UpLeg"] = np.stack([3 * sign + 0 * time, 2 + 0 * time, -25 * sign * swing], 1)
        turns[f"{side}Leg"] = np.stack([0 * time, 0 * time, 25 + 20 * sign * swing], 1)
    path = np.stack([4 * swing, 92 + 2 * np.cos(4 * np.pi * time), 110 * time], axis=1)
    return joints, np.concatenate([path, *(turns[name] for name in PERSON)], axis=1)
