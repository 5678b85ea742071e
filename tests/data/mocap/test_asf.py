import re

import numpy as np
import pytest

from hps_tf.data.mocap import asf
from hps_tf.errors import InputError
from tests.data import mocap_files

METRES = 0.0254 / 0.45


def read(text):
    return asf.read(text.encode(), "p.asf")


def test_reads_bones_in_an_order_with_parents_first():
    skeleton = read(mocap_files.asf_text())
    names = list(skeleton.bones)
    assert names[0] == "root"
    assert set(names) == {"root", *mocap_files.asf_bones()}
    for name, parent in zip(names, skeleton.parents, strict=True):
        expected = -1 if name == "root" else names.index(mocap_files.asf_bones()[name][0])
        assert parent == expected
        assert parent < names.index(name)


def test_reads_lengths_in_metres_and_axes_as_matrices():
    skeleton = read(mocap_files.asf_text())
    assert skeleton.metres == pytest.approx(0.0564444, abs=1e-6)
    for name, (_, direction, length, axis, dofs) in mocap_files.asf_bones().items():
        bone = skeleton.bones[name]
        np.testing.assert_allclose(bone.end, np.array(direction) * length * METRES, atol=1e-12)
        np.testing.assert_allclose(bone.axes, mocap_files.euler("XYZ", axis), atol=1e-12)
        assert bone.dofs == tuple(dofs.split())
    assert skeleton.bones["root"].dofs == ("tx", "ty", "tz", "rx", "ry", "rz")


def test_reads_axes_in_radians_and_in_another_order():
    text = mocap_files.asf_text().replace("angle deg", "angle rad")
    text = text.replace("axis 0 0 20  XYZ", "axis 0.1 -0.2 0.3 ZXY")
    assert read(text).angle_unit == "radians"
    bone = read(text).bones["lfemur"]
    expected = mocap_files.euler("ZXY", np.degrees([0.1, -0.2, 0.3]))
    np.testing.assert_allclose(bone.axes, expected, atol=1e-12)


def test_reads_keywords_in_any_case_and_any_bytes_in_comments():
    lines = mocap_files.asf_text().splitlines()
    changed = [line.upper() if line.startswith(":") else line for line in lines]
    changed[0] = "# f\xfcr"
    text = "\n".join(changed).replace("  begin", "  Begin").replace("angle deg", "Angle Deg")
    skeleton = asf.read(text.encode("latin-1"), "p.asf")
    assert list(skeleton.bones) == list(read(mocap_files.asf_text()).bones)
    assert skeleton.angle_unit == "degrees"


def test_reads_windows_line_ends():
    assert read(mocap_files.asf_text().replace("\n", "\r\n")).metres == pytest.approx(METRES)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("length 0.45", "length 0", r"line 6: expected a unit of length above 0 .*received '0'"),
        ("length 0.45", "length -1", r"line 6: expected a unit of length above 0"),
        ("length 0.45", "length x", r"line 6: expected a finite number for the unit of length"),
        ("  length 0.45\n", "", r"line 7: expected units of length and angle before it"),
        ("angle deg", "angle grad", r"line 7: expected angle deg or rad, received 'grad'"),
        ("order TX TY TZ RX RY RZ", "order TX TY TZ", r"line 11: expected an order of TX TY TZ"),
        ("position 0 0 0", "position 0 1 0", r"line 13: expected a root position of 0 0 0"),
        ("position 0 0 0", "position 0 0", r"line 13: expected 3 numbers for the root's position"),
        ("orientation 0 0 0", "orientation nan 0 0", r"line 14: expected a finite number"),
        (":bonedata\n", ":hierarchy\n", r"line 15: expected section :bonedata before it"),
        (":units\n", "", r"expected section :units before it, received ':root'"),
        ("name lfemur", "name ltibia", r"expected one new bone name, received 'ltibia'"),
        ("name lfemur", "name", r"expected one new bone name, received ''"),
        ("     name lfemur\n", "", r"expected name of the bone before its end"),
        ("direction 0 1 0", "direction 0 2 0", r"expected a direction of length 1"),
        (
            "direction 0 1 0",
            "direction 0 1",
            r"expected 3 numbers for direction, received '2: 0 1'",
        ),
        ("length 7.6", "length -7.6", r"expected a length of at least 0, received '-7.6'"),
        ("length 7.6", "length inf", r"expected a finite number for length, received 'inf'"),
        ("length 7.6", "length 7.6\n length 7", r"expected length once, received 'length again'"),
        ("axis 0 0 20  XYZ", "axis 0 0 20", r"expected 3 angles and an order such as XYZ"),
        ("axis 0 0 20  XYZ", "axis 0 0 20 XXZ", r"expected 3 angles and an order such as XYZ"),
        ("dof rx rz", "dof rx l", r"expected degrees of freedom among rx ry rz, received 'rx l'"),
        ("dof rx rz", "dof rx rx", r"expected degrees of freedom among rx ry rz"),
        ("     id 2", "     colour 2", r"expected a field of a bone, or end, received 'colour'"),
        ("lfemur ltibia\n", "lfemur ltibia wing\n", r"expected a bone of section .*'wing'"),
        ("lfemur ltibia\n", "lfemur ltibia lfoot\n", r"expected one parent for each bone"),
        ("lfemur ltibia\n", "", r"expected every bone to descend from root, received .*ltibia"),
        (
            "root lowerback",
            "head lowerback",
            r"expected every bone to descend from root, received 'a cycle or no parent",
        ),
        ("    lfoot ltoes\n", "    lfoot root\n", r"expected one parent .*'another for root'"),
    ],
)
def test_names_the_line_that_is_wrong(old, new, message):
    text = mocap_files.asf_text()
    assert old in text
    with pytest.raises(InputError, match=r"p\.asf, line \d+: ") as error:
        read(text.replace(old, new, 1))
    assert re.search(message, str(error.value)), error.value


def test_refuses_a_file_cut_off_after_any_line():
    lines = mocap_files.asf_text().splitlines(keepends=True)
    for end in range(1, len(lines)):
        with pytest.raises(InputError, match="the end of the file"):
            read("".join(lines[:end]))
