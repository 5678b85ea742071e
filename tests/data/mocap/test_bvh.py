import itertools
import re

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest

from hps_tf.data.mocap import bvh
from hps_tf.errors import InputError
from tests.data import mocap_files

JOINTS = mocap_files.bvh_joints(mocap_files.MOTIONBUILDER)
VALUES = mocap_files.bvh_values(JOINTS, num_frames=4)
TEXT = mocap_files.bvh_text(JOINTS, VALUES)


def read(text):
    return bvh.read(text.encode(), "p.bvh")


def assert_same_motion(motion, joints, values):
    rotations, positions = mocap_files.read_bvh_slowly(joints, values)
    assert motion.names == tuple(name for name, *_ in joints)
    for joint, name in enumerate(motion.names):
        np.testing.assert_allclose(motion.rotations[:, joint], rotations[name], atol=1e-7)
        np.testing.assert_allclose(motion.positions[:, joint], positions[name], atol=1e-6)


def test_moves_every_joint_as_a_plain_loop_does():
    motion = read(TEXT)
    assert motion.fps == 120.0
    assert motion.num_frames == 4
    assert not motion.in_metres
    assert_same_motion(motion, JOINTS, VALUES)
    for joint, (_, parent, offset, _) in enumerate(JOINTS):
        assert motion.parents[joint] == (-1 if parent is None else motion.names.index(parent))
        np.testing.assert_array_equal(motion.offsets[joint], offset)


ROTATIONS = [order for size in range(4) for order in itertools.permutations("XYZ", size)]
POSITIONS = [[], ["X", "Y", "Z"], ["Z", "X", "Y"], ["Y"]]


@st.composite
def motions(draw):
    """A random tree in depth-first order, with channels in any order, and values."""
    size = draw(st.integers(1, 6))
    path = [0]
    parents = [None]
    for joint in range(1, size):
        path = path[: draw(st.integers(1, len(path)))]
        parents.append(path[-1])
        path.append(joint)
    numbers = st.floats(-200, 200).map(lambda x: round(x, 4))
    joints = []
    for joint, parent in enumerate(parents):
        channels = [f"{a}rotation" for a in draw(st.sampled_from(ROTATIONS))]
        channels += [f"{a}position" for a in draw(st.sampled_from(POSITIONS))]
        channels = draw(st.permutations(channels))
        offset = tuple(draw(st.lists(numbers, min_size=3, max_size=3)))
        name = f"joint{joint}"
        joints.append((name, None if parent is None else f"joint{parent}", offset, tuple(channels)))
    hypothesis.assume(any(channels for *_, channels in joints))
    num_channels = sum(len(channels) for *_, channels in joints)
    row = st.lists(numbers, min_size=num_channels, max_size=num_channels)
    values = np.array(draw(st.lists(row, min_size=1, max_size=3)))
    is_angle = [c.endswith("rotation") for *_, channels in joints for c in channels]
    largest = np.abs(values[:, is_angle]).max(initial=0)
    hypothesis.assume(largest > 7 or largest < 0.01)
    return joints, values


@hypothesis.given(motions())
@hypothesis.settings(deadline=None, max_examples=60)
def test_reads_any_tree_with_channels_in_any_order(motion):
    joints, values = motion
    assert_same_motion(read(mocap_files.bvh_text(joints, values)), joints, values)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n", "\r\n"),
        ("\n", "\r"),
        ("{\n", "{ "),
        ("\n{", "{"),
        ("\t", " "),
        ("rotation", "Rotation"),
        ("rotation", "ROTATION"),
        ("MOTION", "\nMOTION "),
        ("MOTION", "Motion"),
        ("HIERARCHY", "hierarchy"),
        ("JOINT", "Joint"),
        ("OFFSET", "offset"),
        ("End Site", "END SITE"),
        ("End Site", "End site"),
        ("End Site", "End Site tip of it"),
        ("Frames: ", "Frames:"),
        ("Frames: ", "FRAMES :\t"),
        ("Frame Time: ", "Frame time:"),
    ],
)
def test_reads_other_ways_to_write_the_same(old, new):
    assert_same_motion(read(TEXT.replace(old, new)), JOINTS, VALUES)


@pytest.mark.parametrize(
    ("frame_time", "fps"), [("0.0083333", 120), (".033333", 30), ("0.016683", 59.941257), ("1", 1)]
)
def test_takes_the_nominal_rate_from_a_rounded_frame_time(frame_time, fps):
    text = mocap_files.bvh_text(JOINTS, VALUES, frame_time)
    assert read(text).fps == pytest.approx(fps, rel=1e-7)


FIRST_ROW = TEXT.splitlines().index("MOTION") + 4


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("HIERARCHY", "HIERARCHIE", "line 1: expected HIERARCHY, received 'HIERARCHIE'"),
        ("ROOT Hips", "JOINT Hips", "line 2: expected ROOT, received 'JOINT'"),
        ("OFFSET 1.6 ", "", "expected OFFSET, received '-1.8'"),
        ("OFFSET 1.6 -1.8", "OFFSET 1.6", "expected a finite number for OFFSET of LeftUpLeg"),
        ("OFFSET 1.6", "OFFSET nan", "expected a finite number for OFFSET of LeftUpLeg"),
        ("CHANNELS 6", "CHANNELS 10", "expected 0 to 9 channels for Hips, received '10'"),
        ("CHANNELS 6", "CHANNELS -6", "expected 0 to 9 channels for Hips, received '-6'"),
        ("CHANNELS 6", "CHANNELS 5", "expected JOINT or End or }, received 'Xrotation'"),
        ("CHANNELS 3", "CHANNELS x", "expected 0 to 9 channels for LHipJoint, received 'x'"),
        ("Zrotation", "Wrotation", "expected a channel such as Xrotation, once for Hips"),
        ("Yrotation", "Zrotation", "expected a channel such as Xrotation, once for Hips"),
        ("JOINT LeftLeg", "JOINT LeftUpLeg", "expected each joint once, received 'LeftUpLeg'"),
        ("JOINT LeftLeg", "JOINT Hips", "expected each joint once, received 'Hips'"),
        ("JOINT LeftLeg", "JOINT", "expected a joint name, received '{'"),
        ("End Site", "End", "expected Site, received '{'"),
        ("}\nMOTION", "}\n}\nMOTION", "expected MOTION after the hierarchy, received '}'"),
        ("}\nMOTION", "MOTION", "expected JOINT or End or }, received the end of the file"),
        ("MOTION", "MOTION now", "expected MOTION alone on its line"),
        ("Frames: 4", "Frames: 0", "expected a whole number of frames, at least 1, received '0'"),
        ("Frames: 4", "Frames: 2", r"expected the end of the file after 2 frames"),
        ("Frames: 4", "Frames: 5", r"expected 5 frames, received the end of the file"),
        ("Frames: 4", "Frames: four", "expected a finite number for Frames:, received 'four'"),
        ("Frames: 4", "Frames: 1e300", "expected a number of at most 1e.09 for Frames:"),
        ("Frames: 4", "Frames: 1e9", "expected .* frames, received the end of the file"),
        ("Frames: 4", "Frame: 4", 'expected "Frames:"'),
        ("Frame Time: 0.00833333", "Frame Time: 0", "expected a frame time from 0.0001 to 1"),
        ("Frame Time: 0.00833333", "Frame Time: nan", "expected a finite number for Frame Time:"),
        ("Frame Time: 0.00833333", "Frame Time: 120", "frame time .* stated by --source_fps"),
        ("Frame Time:", "Time:", 'expected "Frame Time:"'),
    ],
)
def test_says_what_is_wrong(old, new, message):
    assert old in TEXT
    with pytest.raises(InputError) as error:
        read(TEXT.replace(old, new, 1))
    assert str(error.value).startswith("p.bvh")
    assert re.search(message, str(error.value)), error.value


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda words: words[:-1], "expected 84 numbers for frame 3 of 4"),
        (lambda words: [*words, "1"], "expected 84 numbers for frame 3 of 4"),
        (lambda words: [*words[:-1], "nan"], "expected a finite number for frame 3 of 4"),
        (lambda words: [*words[:-1], "1,5"], "expected a finite number for frame 3 of 4"),
        (lambda words: [*words[:-1], "#5"], "expected a finite number for frame 3 of 4"),
    ],
)
def test_names_the_line_of_a_wrong_frame(change, message):
    lines = TEXT.splitlines()
    lines[FIRST_ROW + 1] = " ".join(change(lines[FIRST_ROW + 1].split()))
    with pytest.raises(InputError, match=rf"p\.bvh, line {FIRST_ROW + 2}: {message}"):
        read("\n".join(lines))


@pytest.mark.parametrize("prefix", ["Bip01 L ", "mixamorig:", "Reference.", "Größe-"])
def test_a_joints_name_is_the_rest_of_its_line(prefix):
    joints = [
        (prefix + name, parent and prefix + parent, offset, channels)
        for name, parent, offset, channels in JOINTS
    ]
    text = mocap_files.bvh_text(joints, VALUES)
    for data in (text.encode(), text.encode("utf-8-sig"), text.encode("latin-1")):
        assert_same_motion(bvh.read(data, "p.bvh"), joints, VALUES)


def test_numbers_may_have_decimal_commas():
    assert_same_motion(read(TEXT.replace(".", ",")), JOINTS, VALUES)


def test_leaves_out_one_frame_more_than_stated_with_a_word_on_it():
    motion = read(TEXT.replace("Frames: 4", "Frames: 3"))
    assert_same_motion(motion, JOINTS, VALUES[:3])
    assert motion.notes == ("left out the last frame: the file states 3 and holds one more",)


@pytest.mark.parametrize("frame_time", ["0", "16.6667", "nan", "", "unknown"])
def test_a_stated_rate_needs_none_in_the_file(frame_time):
    text = mocap_files.bvh_text(JOINTS, VALUES, frame_time).encode()
    assert bvh.read(text, "p.bvh", fps=60.0).fps == 60.0
    with pytest.raises(InputError, match=r"Frame Time|frame time"):
        bvh.read(text, "p.bvh")


def test_offsets_may_stand_in_the_frames_alone():
    """Programs that write positions for every joint leave its OFFSET at zero, or at what it was."""
    channels = mocap_files.ROOT_CHANNELS
    moving = [(name, parent, (0, 0, 0), channels) for name, parent, *_ in JOINTS]
    rows = []
    for row in VALUES:
        numbers = iter(row[6:])
        rest = [[*offset, *(next(numbers) for _ in range(3))] for _, _, offset, _ in JOINTS[1:]]
        rows.append([*row[:6], *np.concatenate(rest)])
    motion = read(mocap_files.bvh_text(moving, np.array(rows)))
    plain = read(TEXT)
    np.testing.assert_allclose(motion.positions, plain.positions, atol=1e-9)
    np.testing.assert_allclose(motion.offsets, plain.offsets, atol=1e-9)


def test_scales_of_1_are_passed_over_and_others_refused():
    scales = ("Xscale", "Yscale", "Zscale")
    joints = [(*joint[:3], (*joint[3], *scales)) for joint in JOINTS]
    rows = np.split(VALUES, range(6, VALUES.shape[1], 3), axis=1)
    values = np.hstack([np.hstack([part, np.ones((4, 3))]) for part in rows])
    motion = read(mocap_files.bvh_text(joints, values))
    plain = read(TEXT)
    np.testing.assert_array_equal(motion.positions, plain.positions)
    np.testing.assert_array_equal(motion.offsets, plain.offsets)
    values[2, 7] = 1.2
    with pytest.raises(InputError, match=r"expected Yscale of Hips to be 1 in all frames, .* 1.2"):
        read(mocap_files.bvh_text(joints, values))


def radians():
    values = np.radians(VALUES)
    values[:, :3] = VALUES[:, :3]
    return mocap_files.bvh_text(JOINTS, values).encode()


def test_refuses_radians_unless_the_unit_is_stated():
    with pytest.raises(InputError, match=r"these look like radians .*--angles degrees"):
        bvh.read(radians(), "p.bvh")
    assert_same_motion(bvh.read(radians(), "p.bvh", unit="radians"), JOINTS, VALUES)
    stated = bvh.read(radians(), "p.bvh", unit="degrees")
    assert stated.num_frames == 4
    assert not stated.small_angles


def test_small_angles_that_no_radians_could_be_are_read_and_marked():
    values = VALUES.copy()
    values[:, 3:] *= 6 / np.abs(values[:, 3:]).max()
    motion = read(mocap_files.bvh_text(JOINTS, values))
    assert motion.small_angles
    assert_same_motion(motion, JOINTS, values)
    assert not read(TEXT).small_angles


def test_refuses_a_file_cut_off_after_any_word_but_the_last():
    ends = [match.end() for match in re.finditer(r"\S+", TEXT)][:-1]
    for end in ends[::3] + ends[-3:]:
        with pytest.raises(InputError, match=r"p\.bvh"):
            read(TEXT[:end])


def test_reads_a_chain_deeper_than_the_recursion_limit():
    depth = 3000
    text = "HIERARCHY\nROOT j0\n{\nOFFSET 0 0 0\nCHANNELS 1 Zrotation\n"
    text += "".join(f"JOINT j{i}\n{{\nOFFSET 1 0 0\nCHANNELS 0\n" for i in range(1, depth))
    text += "}\n" * depth + "MOTION\nFrames: 1\nFrame Time: 0.01\n90\n"
    motion = read(text)
    np.testing.assert_allclose(motion.positions[0, -1], [0, depth - 1, 0], atol=1e-6)


def test_joints_that_nothing_turns_do_not_make_a_small_file_large():
    still = "JOINT {}\n{{\nOFFSET 0 1 0\nCHANNELS 0\nEnd Site\n{{\nOFFSET 0 0 0\n}}\n}}\n"
    root = "HIERARCHY\nROOT r\n{\nOFFSET 0 0 0\nCHANNELS 3 Xrotation Yrotation Zrotation\n"

    def text(num_joints, num_frames):
        joints = "".join(still.format(joint) for joint in range(num_joints))
        motion = f"}}\nMOTION\nFrames: {num_frames}\nFrame Time: .01\n" + "90 0 0\n" * num_frames
        return (root + joints + motion).encode()

    assert bvh.read(text(20, 100), "a.bvh").positions.shape == (100, 21, 3)
    message = "a.bvh: expected at most 838 joints that nothing turns in 5000 frames, received 900"
    with pytest.raises(InputError, match=message):
        bvh.read(text(900, 5000), "a.bvh")
