import numpy as np
import pytest

from hps_tf.data.mocap import motion_archives, motion_records
from hps_tf.errors import InputError
from hps_tf.evaluation import held_out_people
from hps_tf.geometry import camera
from hps_tf.rendering import part_labels, rasterize
from tests.tools.reproduce import conftest as recorded

COUNT = 12

# Fixtures of the studies that fit these people.
body, clips, make_clip, people = (
    recorded.body,
    recorded.clips,
    recorded.make_clip,
    recorded.people,
)


def test_clips_share_the_people_equally_as_far_as_they_reach(people):
    names, counts = np.unique(people.clips, return_counts=True)
    assert dict(zip(names.tolist(), counts.tolist(), strict=True)) == {
        "01_01": 5,
        "01_02": 5,
        "02_01": 2,
    }


def test_frames_of_a_clip_are_spread_in_time(people):
    frames = people.frames[people.clips == "01_01"]
    np.testing.assert_array_equal(frames // 8, np.arange(5))


def test_body_joints_are_recorded_ones_and_hands_are_at_rest(people, clips):
    recorded = {each.name: each.pose for each in clips}
    for person in range(COUNT):
        pose = recorded[people.clips[person]][people.frames[person]]
        angles = np.arccos((np.trace(people.rotation_matrices[person].swapaxes(0, 2)) - 1) / 2)
        np.testing.assert_allclose(angles[1:22], np.linalg.norm(pose[1:22], axis=-1), atol=1e-3)
    at_rest = np.broadcast_to(np.eye(3), (COUNT, 2, 3, 3))
    np.testing.assert_array_equal(people.rotation_matrices[:, 22:], at_rest)


def test_the_whole_person_is_in_the_image(people):
    pixels = camera.project(people.vertices, people.evidence.intrinsics).numpy()
    assert pixels.min() > 0
    assert pixels.max() < 255
    extent = np.ptp(pixels, axis=1).max(axis=-1)
    assert (extent > 150).all()


def test_keypoints_are_the_projected_joints(people, body):
    joints = body.joints(
        rotation_matrices=people.rotation_matrices,
        shape=people.shape,
        translation=people.translation,
    )
    np.testing.assert_allclose(joints.numpy(), people.joints_3d, atol=1e-5)
    pixels = camera.project(people.joints_3d, people.evidence.intrinsics).numpy()
    np.testing.assert_allclose(people.evidence.keypoints, pixels, atol=1e-3)


def test_part_maps_are_those_of_the_renderer(people, body):
    raster = rasterize(
        people.vertices[3], body.faces, people.evidence.intrinsics[3], held_out_people.IMAGE_SIZE
    )
    np.testing.assert_array_equal(
        people.evidence.part_labels[3], part_labels(raster, body.face_parts)
    )
    assert people.evidence.part_labels.dtype == np.uint8


def test_part_maps_may_be_left_out(people, clips, body):
    without = held_out_people.draw(clips, COUNT, seed=0, body=body, with_parts=False)
    assert without.evidence.part_labels is None
    np.testing.assert_array_equal(without.evidence.keypoints, people.evidence.keypoints)
    np.testing.assert_array_equal(without.vertices, people.vertices)


def test_recorded_uprightness_is_kept_and_cameras_look_from_all_sides(body, make_clip):
    still = make_clip("03_01", 200)
    still.pose[:] = 0.0
    people = held_out_people.draw([still], 60, seed=1, body=body)
    up = people.rotation_matrices[:, 0, :, 1]
    pitch = np.degrees(np.arcsin(up[:, 2]))
    assert np.abs(pitch).max() < 15.01
    assert np.abs(pitch).max() > 10
    np.testing.assert_allclose(up[:, 0], 0, atol=1e-6)
    assert (up[:, 1] < 0).all()
    facing = np.degrees(np.arctan2(people.rotation_matrices[:, 0, 0, 2], 1e-9))
    assert facing.min() < 0 < facing.max()


def test_shapes_vary_in_ten_components_within_two_deviations(people):
    assert np.abs(people.shape).max() <= 2.0
    assert (people.shape[:, : held_out_people.NUM_SHAPE].std(axis=0) > 0.2).all()
    assert not people.shape[:, held_out_people.NUM_SHAPE :].any()


def test_seed_decides_everything(people, clips, body):
    again = held_out_people.draw(clips, COUNT, seed=0, body=body)
    np.testing.assert_array_equal(again.vertices, people.vertices)
    other = held_out_people.draw(clips, COUNT, seed=1, body=body)
    assert not np.array_equal(other.vertices, people.vertices)


def test_more_people_than_frames_are_refused(clips, body):
    with pytest.raises(
        InputError, match="people: expected at most the 72 of the data, received 73"
    ):
        held_out_people.draw(clips, 73, seed=0, body=body)


def write(directory, clips):
    directory.mkdir()
    for split in {each.split for each in clips}:
        members = [each for each in clips if each.split == split]
        motion_records.write_shards(directory, split, members)
    return directory


def test_clips_of_a_split_are_read_once(tmp_path, make_clip):
    first = write(tmp_path / "first", [make_clip("01_01", 3), make_clip("05_01", 3, "train")])
    second = write(
        tmp_path / "second", [make_clip("01_01", 9), make_clip("05_01", 4), make_clip("02_01", 5)]
    )
    found = motion_archives.of_split([first, second], "test", "--data")
    assert [(each.name, each.num_frames) for each in found] == [("01_01", 3), ("02_01", 5)]


def test_missing_split_and_missing_motion_are_named(tmp_path, make_clip):
    first = write(tmp_path / "first", [make_clip("01_01", 3)])
    with pytest.raises(InputError, match="expected clips of split 'val', received none"):
        motion_archives.of_split([first], "val", "--data")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"--data .*empty: expected prepared motion"):
        motion_archives.of_split([tmp_path / "empty"], "val", "--data")
