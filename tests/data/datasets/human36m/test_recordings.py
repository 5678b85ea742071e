import numpy as np
import pytest

pytest.importorskip("cdflib")

from hps_tf.data.datasets.human36m import frames, metadata, recordings
from hps_tf.errors import InputError
from tests.data import human36m_files as files

NAME = "Directions 1"


@pytest.fixture(scope="module")
def take():
    return files.Take(20)


@pytest.fixture(scope="module")
def cameras():
    return metadata.read(files.metadata_xml().encode(), "metadata.xml")


def only(root):
    (found,) = recordings.find(root, ("S1",))
    return found


@pytest.mark.parametrize("mono", [False, True])
@pytest.mark.parametrize("layout", ["MyPoseFeatures/{}", "Poses_{}", "{}"])
@pytest.mark.parametrize("subject", ["S1", "s1"])
def test_joints_are_read_from_every_layout(take, cameras, mono, layout, subject, tmp_path):
    files.write_joints(tmp_path, "S1", NAME, take, mono)
    (tmp_path / "S1").rename(tmp_path / "unpacked")
    for kind in (tmp_path / "unpacked" / "MyPoseFeatures").iterdir():
        target = tmp_path / subject / layout.format(kind.name)
        target.parent.mkdir(parents=True, exist_ok=True)
        kind.rename(target)
    recording = only(tmp_path)
    assert (recording.subject, recording.name) == ("S1", NAME)
    joints = recording.joints(cameras)
    np.testing.assert_allclose(joints, take.joints, atol=1e-5)
    for camera in files.CAMERAS:
        recording.check_camera(joints, cameras, camera)


def write_2d(root, points):
    path = root / "S1" / "MyPoseFeatures" / "D2_Positions" / f"{NAME}.{files.CAMERAS[0]}.cdf"
    files.write_cdf(path, files.all_joints(points))


@pytest.mark.parametrize("change", [-1, 1, 2])
def test_positions_of_a_view_may_be_a_little_longer_or_shorter(take, cameras, change, tmp_path):
    files.write_joints(tmp_path, "S1", NAME, take)
    seen = files.LENS.project(files.camera_frame.transform(take.joints, files.extrinsics(0)))
    seen = seen[:change] if change < 0 else np.concatenate([seen, seen[-change:]])
    write_2d(tmp_path, seen)
    only(tmp_path).check_camera(take.joints, cameras, files.CAMERAS[0])
    write_2d(tmp_path, seen[:10])
    with pytest.raises(InputError, match="expected 20 frames, received 10"):
        only(tmp_path).check_camera(take.joints, cameras, files.CAMERAS[0])
    write_2d(tmp_path, seen + 10.0)
    with pytest.raises(InputError, match="received them 14"):
        only(tmp_path).check_camera(take.joints, cameras, files.CAMERAS[0])


def test_a_missing_video_is_named_before_the_work(take, tmp_path):
    files.write_joints(tmp_path, "S1", NAME, take)
    with pytest.raises(InputError, match=r"Videos/Directions 1\.54138969\.mp4: expected a video"):
        frames.check(only(tmp_path), files.CAMERAS[0])
