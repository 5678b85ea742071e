import dataclasses
import re

import numpy as np
import pytest

from hps_tf.data.mocap import amc, asf, kinematics
from hps_tf.errors import InputError
from tests.data import mocap_files

SKELETON = asf.read(mocap_files.asf_text().encode(), "p.asf")
VALUES = mocap_files.amc_values(num_frames=5)
TEXT = mocap_files.amc_text(VALUES)


def read(text):
    return amc.read(text.encode(), "p.amc", SKELETON, fps=120.0)


def assert_same_motion(motion, values):
    rotations, positions = mocap_files.read_amc_slowly(values, SKELETON.metres)
    for name, expected in rotations.items():
        joint = motion.names.index(name)
        np.testing.assert_allclose(motion.rotations[:, joint], expected, atol=1e-8)
        np.testing.assert_allclose(motion.positions[:, joint], positions[name], atol=1e-8)


def test_moves_every_bone_as_a_plain_loop_does():
    motion = read(TEXT)
    assert motion.num_frames == 5
    assert motion.fps == 120.0
    assert motion.in_metres
    assert_same_motion(motion, VALUES)


def test_reads_bones_in_any_order():
    shuffled = dict(sorted(VALUES.items()))
    assert list(shuffled) != list(VALUES)
    assert_same_motion(read(mocap_files.amc_text(shuffled)), VALUES)


def test_reads_radians_declared_as_such():
    radians = {name: np.radians(v) for name, v in VALUES.items()}
    radians["root"][:, :3] = VALUES["root"][:, :3]
    header = ":FULLY-SPECIFIED\n:RADIANS\n"
    assert_same_motion(read(mocap_files.amc_text(radians, header)), VALUES)


@pytest.mark.parametrize("change", ["\r\n", "  \n", "\n\n"])
def test_reads_other_line_ends_and_blank_lines(change):
    assert_same_motion(read(TEXT.replace("\n", change)), VALUES)


def test_reads_one_frame_with_a_number_other_than_one():
    text = mocap_files.amc_text({name: v[:1] for name, v in VALUES.items()})
    assert read(text.replace("\n1\n", "\n37\n")).num_frames == 1


def line_of(text, fragment):
    return text[: text.index(fragment)].count("\n") + 1


def changed(frame, bone, new):
    """The text with the line of one bone in one frame replaced, and the number of that line."""
    lines = TEXT.splitlines()
    start = lines.index(str(frame))
    index = next(i for i in range(start, len(lines)) if lines[i].split()[0] == bone)
    lines[index] = new
    return "\n".join(lines) + "\n", index + 1


@pytest.mark.parametrize("frame", [1, 3, 5])
@pytest.mark.parametrize(
    ("bone", "new", "message"),
    [
        ("lfemur", "lfemur 1 2", "expected 3 numbers for lfemur"),
        ("lfemur", "lfemur 1 2 3 4", "expected 3 numbers for lfemur"),
        ("lfemur", "lfemur 1 2 x", "expected a finite number for lfemur"),
        ("lfemur", "lfemur 1 nan 2", "expected a finite number for lfemur"),
        ("lfemur", "lfemur 1 -inf 2", "expected a finite number for lfemur"),
        ("lfemur", "tail 1 2 3", "expected (a bone of the skeleton|lfemur of frame)"),
        ("lfemur", "rfemur 1 2 3", "expected (each bone once|lfemur of frame|rfemur)"),
    ],
)
def test_names_the_line_that_is_wrong(frame, bone, new, message):
    text, line = changed(frame, bone, new)
    with pytest.raises(InputError) as error:
        read(text)
    found = re.match(rf"p\.amc, line (\d+): {message}", str(error.value))
    assert found, error.value
    if not new.startswith("rfemur"):
        assert int(found[1]) == line


def test_refuses_frames_that_are_not_numbered_one_after_another():
    with pytest.raises(InputError, match=r"expected frame number 3, received '4'"):
        read(TEXT.replace("\n3\n", "\n4\n"))


def test_refuses_a_first_frame_without_all_bones():
    text, _ = changed(1, "lfemur", "")
    with pytest.raises(InputError, match="expected bone lfemur in the first frame"):
        read(text)


def test_refuses_a_file_cut_off_anywhere_but_in_the_last_number_of_a_frame():
    frame = len(TEXT) // 5
    ends = [*range(0, frame, 7), *range(2 * frame, 3 * frame, 7), *range(len(TEXT) - 40, len(TEXT))]
    accepted = [end for end in ends if not _is_refused(TEXT[:end].encode())]
    last_bone = list(VALUES)[-1]
    for end in accepted:
        assert TEXT[:end].splitlines()[-1].startswith(last_bone)
        assert read(TEXT[:end]).notes
    assert len(accepted) < len(ends) / 4


def test_a_file_without_a_line_break_at_its_end_is_read_with_a_word_on_it():
    motion = read(TEXT.rstrip("\n"))
    assert_same_motion(motion, VALUES)
    assert re.search("no line break at its end: its last number may be cut", motion.notes[0])
    assert read(TEXT).notes == ()


def _is_refused(data):
    try:
        amc.read(data, "p.amc", SKELETON, 120.0)
    except InputError:
        return True
    return False


def test_refuses_a_header_with_stray_words():
    with pytest.raises(InputError, match="line 2: expected a comment, a keyword"):
        read(mocap_files.amc_text(VALUES, ":DEGREES\nroot 1 2 3\n"))


def test_a_file_that_states_no_unit_has_its_skeletons():
    radians = {name: np.radians(v) for name, v in VALUES.items()}
    radians["root"][:, :3] = VALUES["root"][:, :3]
    assert_same_motion(read(mocap_files.amc_text(VALUES, ":FULLY-SPECIFIED\n")), VALUES)
    person = asf.read(mocap_files.asf_text().encode(), "p.asf")
    stated = dataclasses.replace(person, angle_unit="radians")
    text = mocap_files.amc_text(radians, ":FULLY-SPECIFIED\n")
    assert_same_motion(amc.read(text.encode(), "p.amc", stated, fps=120.0), VALUES)


def test_comments_may_stand_between_frames():
    text = TEXT.replace("\n3\n", "\n# the third\n3\n # frame\n")
    assert_same_motion(read(text), VALUES)
    broken = text.replace("lfemur", "tail")
    with pytest.raises(InputError) as error:
        read(broken)
    assert f"line {line_of(broken, 'tail')}:" in str(error.value)


def test_a_comment_may_hold_any_bytes():
    text = TEXT.encode().replace(b"person.ASF", b"f\xfcr Bonn.ASF")
    assert_same_motion(amc.read(text, "p.amc", SKELETON, 120.0), VALUES)


def test_numbers_of_frames_may_begin_with_zeros():
    text = re.sub(r"^(\d)$", r"000\1", TEXT, flags=re.MULTILINE)
    assert_same_motion(read(text), VALUES)


def test_refuses_radians_declared_as_degrees_unless_the_unit_is_stated():
    radians = {name: np.radians(v) for name, v in VALUES.items()}
    radians["root"][:, :3] = VALUES["root"][:, :3]
    text = mocap_files.amc_text(radians).encode()
    with pytest.raises(InputError, match=r"these look like radians .*--angles degrees"):
        amc.read(text, "p.amc", SKELETON, 120.0)
    assert_same_motion(amc.read(text, "p.amc", SKELETON, 120.0, "radians"), VALUES)
    assert amc.read(text, "p.amc", SKELETON, 120.0, "degrees").num_frames == 5


def test_refuses_a_file_without_frames():
    with pytest.raises(InputError, match="expected the number of the first frame"):
        read(":FULLY-SPECIFIED\n:DEGREES\n")


def test_bones_that_nothing_turns_do_not_make_a_small_file_large(monkeypatch):
    monkeypatch.setattr(kinematics, "_MOST_STILL", 4)
    with pytest.raises(
        InputError, match=r"p\.amc: expected at most 0 joints that nothing turns in 5"
    ):
        read(TEXT)
