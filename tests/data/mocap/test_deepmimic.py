import json
import re

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from hps_tf.body import skeleton
from hps_tf.data.mocap import deepmimic
from hps_tf.data.mocap.conversion import Converter
from hps_tf.data.mocap.conversion_plan import Job
from hps_tf.data.mocap.motion import BodyMotion
from hps_tf.errors import InputError

JOB = Job("humanoid3d_walk", "humanoid3d", "all", "humanoid3d_walk.txt", "", None, None)
# Where each joint's numbers begin in a frame, and how many there are.
COLUMNS = {
    "root": (4, 4),
    "chest": (8, 4),
    "neck": (12, 4),
    "right_hip": (16, 4),
    "right_knee": (20, 1),
    "right_ankle": (21, 4),
    "right_shoulder": (25, 4),
    "right_elbow": (29, 1),
    "left_hip": (30, 4),
    "left_knee": (34, 1),
    "left_ankle": (35, 4),
    "left_shoulder": (39, 4),
    "left_elbow": (43, 1),
}


def frames(num_frames=12, **turns):
    """Rows of a humanoid that stands, but for the joints turned by rotation vectors or angles."""
    rows = np.zeros((num_frames, 44))
    rows[:, 0] = 1 / 30
    rows[:, 1:4] = [0.1, 0.89, -0.2]
    rows[:, 1] += 0.02 * np.arange(num_frames)
    for joint, (start, size) in COLUMNS.items():
        if size == 1:
            rows[:, start] = turns.get(joint, 0.0)
        else:
            vector = np.tile(turns.get(joint, [0.0, 0, 0]), (num_frames, 1))
            turn = Rotation.from_rotvec(vector)
            rows[:, start : start + 4] = turn.as_quat()[:, [3, 0, 1, 2]]
    return rows


def text(rows, **fields):
    return json.dumps({"Loop": "wrap", "Frames": rows.tolist()} | fields).encode()


def body(rest, rows):
    clip = Converter(30.0, rest).convert(JOB, text(rows)).clip
    matrices = Rotation.from_rotvec(clip.pose.astype(float)).as_matrix()
    places = rest.joint_positions(BodyMotion(matrices, clip.translation.astype(float), 30.0))
    return {name: places[:, joint] for joint, name in enumerate(skeleton.JOINT_NAMES)}


def direction(places, start, end):
    bone = (places[end] - places[start])[0]
    return bone / np.linalg.norm(bone)


def test_turns_each_joint_by_its_own_numbers():
    rng = np.random.default_rng(0)
    turns = {
        joint: rng.normal(size=3) if size == 4 else rng.normal()
        for joint, (_, size) in COLUMNS.items()
    }
    motion = deepmimic.read(text(frames(3, **turns)), "a.txt")
    assert motion.fps == 30.0
    for joint, turn in turns.items():
        index = motion.names.index(joint)
        parent = motion.parents[index]
        local = motion.rotations[1, index]
        if parent >= 0:
            local = motion.rotations[1, parent].T @ local
        vector = [0, 0, turn] if np.isscalar(turn) else turn
        np.testing.assert_allclose(local, Rotation.from_rotvec(vector).as_matrix(), atol=1e-9)
    np.testing.assert_allclose(motion.positions[2, 0], [0.14, 0.89, -0.2])


def test_the_humanoid_faces_x_with_its_arms_hanging(rest):
    places = body(rest, frames(100, neck=[0, 0.2, 0]))
    for limb in (("l_hip", "l_knee"), ("r_shoulder", "r_elbow"), ("l_elbow", "l_wrist")):
        np.testing.assert_allclose(direction(places, *limb), [0, -1, 0], atol=1e-3)
    assert direction(places, "r_hip", "l_hip")[2] < -0.99
    assert direction(places, "l_ankle", "l_foot")[0] > 0.8


def test_knees_bend_backward_and_elbows_forward(rest):
    places = body(rest, frames(100, left_knee=-1.0, right_elbow=1.2, neck=[0, 0.3, 0]))
    np.testing.assert_allclose(
        direction(places, "l_knee", "l_ankle"), [-np.sin(1), -np.cos(1), 0], atol=1e-3
    )
    np.testing.assert_allclose(
        direction(places, "r_elbow", "r_wrist"), [np.sin(1.2), -np.cos(1.2), 0], atol=1e-3
    )


def test_walks_where_the_humanoid_walks_at_the_bodys_size(rest):
    clip = Converter(30.0, rest).convert(JOB, text(frames(100, chest=[0.1, 0, 0]))).clip
    leg = sum(np.linalg.norm(rest.offset(f"l_{name}")) for name in ("knee", "ankle"))
    step = np.diff(clip.translation, axis=0)
    np.testing.assert_allclose(step, [[0.02 * leg / 0.832, 0, 0]] * 99, atol=1e-5)


def test_the_last_frames_time_does_not_count_and_a_stated_rate_counts_before_all():
    rows = frames(4)
    rows[-1, 0] = 0
    assert deepmimic.read(text(rows), "a.txt").fps == 30.0
    rows[:, 0] = [0.01, 0.5, 0.02, 0]
    assert deepmimic.read(text(rows), "a.txt", fps=60.0).fps == 60.0
    with pytest.raises(InputError, match=r"expected frames of equal time .*--source_fps"):
        deepmimic.read(text(rows), "a.txt")


def changed(column, value):
    rows = frames(3)
    rows[1, column] = value
    return text(rows)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "a.txt: expected JSON"),
        (b"[]", "a.txt: expected an object, received a list"),
        (b"{}", "a.txt: expected field 'Frames', received fields none"),
        (b'{"Frames": 3}', "field 'Frames': expected a list"),
        (b'{"Frames": []}', "field 'Frames': expected at least one frame"),
        (
            b'{"Frames": [[1, 2]]}',
            r"Frames'\[0\]: expected 44 numbers of DeepMimic's humanoid, .* 2",
        ),
        (text(frames(2)).replace(b"0.89", b'"x"', 1), r"Frames'\[0\]\[2\]: expected a number"),
        (changed(20, np.nan), r"Frames'\[1\]: expected numbers of at most 1e\+09"),
        (changed(20, 1e300), r"Frames'\[1\]: expected numbers of at most 1e\+09"),
        (changed(4, 0.0), "Frames', root: expected quaternions of length 1, received 0 in frame 1"),
        (changed(0, 0.5), r"expected frames of equal time .* received 0.0333333 to 0.5"),
    ],
)
def test_says_what_is_wrong(data, message):
    with pytest.raises(InputError) as error:
        deepmimic.read(data, "a.txt")
    assert re.search(message, str(error.value)), error.value
