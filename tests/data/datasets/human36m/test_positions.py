import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("cdflib")

from hps_tf.body.skeleton import H36M17_NAMES
from hps_tf.data.datasets.human36m import positions
from hps_tf.errors import InputError
from tests.data import human36m_files as files

#: What the 32 joints are, in Human3.6M's own words and order.
ALL_NAMES = (
    *("Hips", "RightUpLeg", "RightLeg", "RightFoot", "RightToeBase", "Site"),
    *("LeftUpLeg", "LeftLeg", "LeftFoot", "LeftToeBase", "Site"),
    *("Spine", "Spine1", "Neck", "Head", "Site"),
    *("LeftShoulder", "LeftArm", "LeftForeArm", "LeftHand", "LeftHandThumb", "Site"),
    *("L_Wrist_End", "Site"),
    *("RightShoulder", "RightArm", "RightForeArm", "RightHand", "RightHandThumb", "Site"),
    *("R_Wrist_End", "Site"),
)
OURS = {"Hips": "pelvis", "Spine1": "spine", "Neck": "thorax", "Head": "jaw", "Site": "head_top"}
LIMBS = {
    "UpLeg": "hip",
    "Leg": "knee",
    "Foot": "ankle",
    "ForeArm": "elbow",
    "Arm": "shoulder",
    "Hand": "wrist",
}


def ours(name):
    for side in ("Left", "Right"):
        if name.startswith(side):
            return f"{side.lower()}_{LIMBS[name.removeprefix(side)]}"
    return OURS[name]


def test_the_17_joints_are_in_our_order():
    assert len(ALL_NAMES) == positions.NUM_JOINTS
    assert tuple(ours(ALL_NAMES[joint]) for joint in positions.JOINTS) == H36M17_NAMES


@pytest.fixture(scope="module")
def joints():
    return files.Take(7).joints


@pytest.mark.parametrize("data_type", [files.CDF_FLOAT, files.CDF_DOUBLE])
def test_reads_millimetres_as_metres(joints, tmp_path, data_type):
    path = tmp_path / "Walking.cdf"
    files.write_cdf(path, files.all_joints(1000 * joints), data_type=data_type)
    np.testing.assert_allclose(positions.read_3d(path), joints, atol=1e-6)


def test_reads_pixels(joints, tmp_path):
    path = tmp_path / "Walking.54138969.cdf"
    files.write_cdf(path, files.all_joints(joints[..., :2]))
    np.testing.assert_allclose(positions.read_2d(path), joints[..., :2], atol=1e-6)


def damaged(joints, kind):
    rows = files.all_joints(1000 * joints)
    if kind == "nan":
        rows[4, 9] = np.nan
    return {"metres": rows / 1000, "width": rows[:, :51], "nan": rows}[kind]


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("metres", "expected joints in millimetres, received shins of 0.4"),
        ("width", r"Pose: expected \(frames, 96\) numbers, received \(1, 7, 51\)"),
        ("nan", "Pose: expected finite numbers, received NaN in frame 5"),
    ],
)
def test_says_what_is_wrong(kind, message, joints, tmp_path):
    path = tmp_path / "Walking.cdf"
    files.write_cdf(path, damaged(joints, kind))
    with pytest.raises(InputError, match=rf"Walking\.cdf.*{message}"):
        positions.read_3d(path)


def test_another_variable_is_refused(joints, tmp_path):
    path = tmp_path / "Walking.cdf"
    files.write_cdf(path, files.all_joints(joints), variable="Angles")
    with pytest.raises(InputError, match="expected a CDF file with the variable Pose"):
        positions.read_3d(path)


def test_no_file_is_told(tmp_path):
    with pytest.raises(FileNotFoundError):
        positions.read_3d(tmp_path / "Walking.cdf")


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_cut_and_mutated_files_are_read_or_refused(tmp_path_factory, joints, data):
    path = tmp_path_factory.getbasetemp() / "mutated.cdf"
    files.write_cdf(path, files.all_joints(1000 * joints))
    content = bytearray(path.read_bytes())
    if data.draw(st.booleans()):
        content = content[: data.draw(st.integers(0, len(content) - 1))]
    else:
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(bytes(content))
    try:
        found = positions.read_3d(path)
    except InputError:
        pass
    else:
        assert found.shape[1:] == (17, 3)
        assert np.isfinite(found).all()
