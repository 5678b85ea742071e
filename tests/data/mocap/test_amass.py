import io
import re
import zipfile

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from hps_tf.data.mocap import amass
from hps_tf.errors import InputError
from tests.data import mocap_files


def sample(width=156, num_frames=5):
    rng = np.random.default_rng(0)
    return rng.normal(0, 0.3, (num_frames, width)), rng.normal(0, 1, (num_frames, 3))


@pytest.mark.parametrize("width", [72, 156, 165])
def test_reads_body_joints_in_the_files_world(width):
    poses, trans = sample(width)
    data = mocap_files.amass_bytes(poses, trans, mocap_framerate=100.0, gender="male")
    motion = amass.read(data, "a.npz")
    assert motion.fps == 100.0
    for frame in range(5):
        local = Rotation.from_rotvec(poses[frame, :66].reshape(22, 3)).as_matrix()
        root = motion.rotation_matrices[frame, 0]
        np.testing.assert_allclose(root, local[0], atol=1e-12)
        np.testing.assert_allclose(motion.rotation_matrices[frame, 1:22], local[1:], atol=1e-12)
        np.testing.assert_array_equal(motion.translation[frame], trans[frame])


def test_turns_hands_only_by_smpl_itself():
    poses, trans = sample(72)
    smpl = amass.read(mocap_files.amass_bytes(poses, trans, mocap_framerate=60), "a.npz")
    hands = Rotation.from_rotvec(poses[:, 66:].reshape(-1, 3)).as_matrix().reshape(5, 2, 3, 3)
    np.testing.assert_allclose(smpl.rotation_matrices[:, 22:], hands, atol=1e-12)
    poses, trans = sample(156)
    smplh = amass.read(mocap_files.amass_bytes(poses, trans, mocap_framerate=60), "a.npz")
    identity = np.tile(np.eye(3), (5, 2, 1, 1))
    np.testing.assert_allclose(smplh.rotation_matrices[:, 22:], identity, atol=1e-12)


def test_knows_both_names_of_the_rate():
    poses, trans = sample()
    data = mocap_files.amass_bytes(poses, trans, mocap_frame_rate=np.array(59.94))
    assert amass.read(data, "a.npz").fps == 59.94


@pytest.mark.parametrize("rate", [{}, {"fps": 60}, {"mocap_framerate": 0.0}])
def test_a_stated_rate_needs_none_in_the_file(rate):
    data = mocap_files.amass_bytes(*sample(), **rate)
    assert amass.read(data, "a.npz", fps=60.0).fps == 60.0
    with pytest.raises(InputError, match="--source_fps"):
        amass.read(data, "a.npz")


def test_a_stated_unit_counts_before_what_the_angles_look_like():
    poses, trans = sample()
    degrees = mocap_files.amass_bytes(np.degrees(poses), trans, mocap_framerate=60)
    with pytest.raises(InputError, match=r"looks like degrees .*--angles degrees"):
        amass.read(degrees, "a.npz")
    plain = amass.read(mocap_files.amass_bytes(poses, trans, mocap_framerate=60), "a.npz")
    stated = amass.read(degrees, "a.npz", unit="degrees")
    np.testing.assert_allclose(stated.rotation_matrices, plain.rotation_matrices, atol=1e-12)
    turned = poses + 4 * np.pi * poses / np.linalg.norm(poses, axis=1, keepdims=True)
    large = mocap_files.amass_bytes(turned * 10, trans, mocap_framerate=60)
    assert amass.read(large, "a.npz", unit="radians").num_frames == 5


def test_never_unpickles():
    poses, trans = sample()
    objects = np.array([{"a": 1}], dtype=object)
    data = mocap_files.amass_bytes(poses, trans, mocap_framerate=60, labels=objects)
    assert amass.read(data, "a.npz").num_frames == 5
    data = mocap_files.amass_bytes(objects, trans, mocap_framerate=60)
    with pytest.raises(
        InputError, match="field 'poses': expected numbers, received: Object arrays"
    ):
        amass.read(data, "a.npz")


def broken(**changes):
    poses, trans = sample()
    fields = {"poses": poses, "trans": trans, "mocap_framerate": 60.0} | changes
    buffer = io.BytesIO()
    np.savez(buffer, **{name: value for name, value in fields.items() if value is not None})
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "expected an .npz archive"),
        (b"PK\x03\x04 no zip", "expected an .npz archive"),
        (b"poses", "expected an .npz archive"),
        (broken()[:2000], "expected an .npz archive"),
        (broken(poses=None), "expected field 'poses', received fields trans, mocap_framerate"),
        (broken(trans=None), "expected field 'trans', received fields poses, mocap_framerate"),
        (broken(mocap_framerate=None), "expected field mocap_framerate or mocap_frame_rate"),
        (broken(poses=sample(66)[0]), r"field 'poses': expected \(N, 72\) of SMPL, .*\(5, 66\)"),
        (broken(poses=np.zeros((0, 156))), r"field 'poses': .*received shape \(0, 156\)"),
        (broken(poses=np.zeros(156)), r"field 'poses': .*received shape \(156,\)"),
        (broken(trans=np.zeros((4, 3))), r"field 'trans': expected shape \(5, 3\)"),
        (broken(poses=np.full((5, 156), np.nan)), "field 'poses': expected finite numbers"),
        (broken(trans=np.full((5, 3), np.inf)), "field 'trans': expected finite numbers"),
        (broken(poses=np.full((5, 156), "x")), "field 'poses': expected numbers"),
        (broken(poses=np.full((5, 156), 45.0)), "expected axis-angle in radians, received 45"),
        (broken(mocap_framerate=0.0), "field 'mocap_framerate': expected frames per second"),
        (broken(mocap_framerate=[60, 60]), "field 'mocap_framerate': expected frames per second"),
    ],
)
def test_says_what_is_wrong(data, message):
    with pytest.raises(InputError) as error:
        amass.read(data, "a.npz")
    assert str(error.value).startswith("a.npz")
    assert re.search(message, str(error.value)), error.value


def test_refuses_damaged_numbers():
    data = bytearray(broken())
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        start = archive.getinfo("poses.npy").header_offset
    data[start + 500] ^= 0xFF
    with pytest.raises(InputError, match=r"a\.npz, field 'poses': expected numbers"):
        amass.read(bytes(data), "a.npz")
