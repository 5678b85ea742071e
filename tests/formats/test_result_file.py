import numpy as np
import pytest

from hps_tf.errors import InputError
from hps_tf.formats import result_file


def arrays(body, ids, frames, **more):
    rng = np.random.default_rng(0)
    count = len(ids)
    pose = rng.normal(0, 0.3, (count, 24, 3)).astype(np.float32)
    shape = np.zeros((count, body.num_shape), np.float32)
    translation = np.tile(np.float32([0, 0, 3]), (count, 1))
    joints = body.joints(pose=pose, shape=shape, translation=translation).numpy()
    return {
        "pose": pose,
        "shape": shape,
        "translation": translation,
        "joints_3d": joints,
        "joints_2d": rng.uniform(0, 100, (count, 17, 2)),
        "intrinsics": np.tile(np.diag([100.0, 100, 1]), (count, 1, 1)),
        "image_sizes": np.tile([120, 160], (count, 1)),
        "person_ids": np.array(ids),
        "image_names": np.array([f"image-{frame}.jpg" for frame in frames]),
        "frames": np.array(frames),
        **more,
    }


@pytest.fixture
def write(tmp_path):
    def save(content):
        path = tmp_path / "result.npz"
        np.savez(path, **content)
        return path

    return save


def test_photographs_are_a_scene_each(body, write):
    path = write(arrays(body, ["a", "b", "c"], [4, 4, 9]))
    first, second = result_file.read(path, body)
    assert [person.name for person in first.scene.people] == ["a", "b"]
    assert [person.name for person in second.scene.people] == ["c"]
    assert (first.name, second.name) == ("image-4.jpg", "image-9.jpg")
    assert first.scene.frame_rate is None
    assert first.scene.sizes == ((120, 160),)


def test_one_person_in_several_images_is_a_video(body, write):
    content = arrays(body, ["a", "b", "a"], [0, 0, 2], times=np.array([0, 0.04, 0.08]))
    (video,) = result_file.read(write(content), body)
    assert video.scene.frame_rate == pytest.approx(25)
    assert video.scene.people[0].frames.tolist() == [0, 2]
    assert video.scene.images == ("image-0.jpg", "", "image-2.jpg")


def test_rate_of_the_user_is_taken(body, write):
    (video,) = result_file.read(write(arrays(body, ["a", "a"], [0, 1])), body, frame_rate=12)
    assert video.scene.frame_rate == 12


def test_projected_joints_are_those_of_the_camera(body, write):
    content = arrays(body, ["a"], [0])
    ((_, scene, *_),) = result_file.read(write(content), body)
    joint = content["joints_3d"][0, 5]
    np.testing.assert_allclose(
        scene.people[0].joints_2d[0, 5], 100 * joint[:2] / joint[2], rtol=1e-5
    )


def test_residuals_are_weighed_by_confidence(body, write):
    found = np.zeros((1, 17, 2))
    fitted = found.copy()
    fitted[0, 0] = [3, 4]
    confidence = np.zeros((1, 17))
    confidence[0, :2] = 0.5
    more = {"keypoints_2d": found, "fitted_keypoints_2d": fitted, "confidence": confidence}
    (stored,) = result_file.read(write(arrays(body, ["a"], [0], **more)), body)
    assert stored.figures["a"]["keypoints off by, px"] == [2.5]


def test_a_result_of_nobody_has_no_scenes(body, write):
    content = {name: array[:0] for name, array in arrays(body, ["a"], [0]).items()}
    assert result_file.read(write(content), body) == []


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("pose", np.zeros((2, 23, 3)), r"field 'pose': expected shape \(2, 24, 3\), received"),
        ("translation", np.full((2, 3), np.nan), "field 'translation': expected finite numbers"),
        ("translation", np.full((2, 3), 1e300), "'translation': expected numbers of single prec"),
        ("joint_std", np.full((2, 24), 1e307), "'joint_std': expected numbers of single precision"),
        ("frames", np.array([-1, 0]), "field 'frames': expected whole numbers from 0 to 16777216"),
        ("frames", np.array([0, 10**9]), "'frames': expected whole numbers from 0 to 16777216, re"),
        ("image_sizes", np.full((2, 2), 0.5), "'image_sizes': expected whole numbers from 0 to"),
        ("image_names", np.array(["a.jpg"]), "expected a result of hps photo or hps fit"),
        ("joints_2d", np.zeros((1, 17, 2)), r"'joints_2d': expected shape \(2, 17, 2\), received"),
        ("score", np.zeros((2, 1)), r"field 'score': expected shape \(2\), received \(2, 1\)"),
        ("joint_std", np.zeros(2), r"field 'joint_std': expected shape \(2, 24\), received \(2,\)"),
        ("times", np.array(0.1), r"field 'times': expected shape \(K\), received \(\)"),
        (
            "fitted_keypoints_2d",
            np.zeros((2, 17, 2)),
            "'keypoints_2d': expected shape .* of 'fitted_keypoints_2d', received no such field",
        ),
        ("frames", np.array([1, 1]), "expected increasing numbers"),
    ],
)
def test_damaged_results_are_refused(body, write, field, value, message):
    content = arrays(body, ["a", "a"], [0, 1]) | {field: value}
    with pytest.raises(InputError, match=message):
        result_file.read(write(content), body)


def test_a_shape_that_changes_in_a_video_is_refused(body, write):
    content = arrays(body, ["a", "a"], [0, 1])
    content["shape"][1] += 1
    with pytest.raises(InputError, match="expected one shape in all frames"):
        result_file.read(write(content), body)


def test_missing_fields_are_named(body, write):
    content = arrays(body, ["a"], [0])
    del content["intrinsics"]
    with pytest.raises(InputError, match="expected field 'intrinsics', received fields"):
        result_file.read(write(content), body)
