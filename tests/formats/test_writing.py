import csv
import json

import numpy as np
import pytest
import trimesh

from hps_tf import formats
from hps_tf.body.skeleton import JOINT_NAMES
from hps_tf.data.keypoints import coco_keypoints
from hps_tf.formats import Person, Scene
from hps_tf.formats.scene import TO_Y_UP, one_shape


@pytest.mark.parametrize("suffix", formats.SUFFIXES)
def test_every_suffix_writes_a_file(photograph, tmp_path, suffix):
    files = formats.write(tmp_path / f"people{suffix}", photograph)
    assert files
    assert all(file.stat().st_size > 100 for file in files)
    assert {file.name for file in tmp_path.iterdir()} == {file.name for file in files}


def test_motion_of_several_people_has_a_file_each(scene, tmp_path):
    files = formats.write(tmp_path / "walk.bvh", scene)
    assert [file.name for file in files] == ["walk-ann.bvh", "walk-bob.bvh"]


def test_another_suffix_is_refused_with_those_that_are_known(photograph, tmp_path):
    with pytest.raises(ValueError, match=r"people\.fbx: expected a name that ends with \.glb"):
        formats.write(tmp_path / "people.fbx", photograph)


def test_coco_file_read_back_has_the_keypoints(scene, tmp_path):
    (file,) = formats.write(tmp_path / "people.json", scene)
    document = json.loads(file.read_text())
    assert len(document["annotations"]) == 7
    read = coco_keypoints.read(document, str(file))
    bob = [person for person in read.people if "frame 3.png" in person.image.names]
    assert len(bob) == 1
    np.testing.assert_allclose(bob[0].keypoints, scene.people[1].keypoints_2d[0], atol=1e-3)


def test_table_has_a_line_per_joint(scene, tmp_path):
    (file,) = formats.write(tmp_path / "people.csv", scene)
    rows = list(csv.DictReader(file.open()))
    assert len(rows) == 7 * 24
    row = rows[24 + JOINT_NAMES.index("head")]
    joints = scene.joints(scene.people[0])
    expected = joints[1, JOINT_NAMES.index("head")]
    found = [float(row[name]) for name in ("x_m", "y_m", "z_m")]
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert (row["person"], row["frame"], row["time_s"]) == ("ann", "1", "0.0400")


def test_obj_read_back_has_the_surfaces(photograph, tmp_path):
    (file,) = formats.write(tmp_path / "people.obj", photograph)
    mesh = trimesh.load(file, process=False)
    vertices = mesh.vertices
    expected = np.concatenate([photograph.vertices(person)[0] for person in photograph.people])
    assert np.abs(vertices - expected @ TO_Y_UP.T).max() < 1e-5


def test_obj_of_a_video_is_refused(scene, tmp_path):
    with pytest.raises(ValueError, match="expected one frame, since OBJ has no motion, received 5"):
        formats.write(tmp_path / "people.obj", scene)
    assert not list(tmp_path.iterdir())


def test_keypoints_are_needed_for_coco(body, make_person, tmp_path):
    person = make_person(frames=(0,))
    bare = Person("x", person.frames, person.pose, person.shape, person.translation)
    with pytest.raises(ValueError, match="`keypoints_2d` of 'x': expected keypoints"):
        formats.write(tmp_path / "x.json", Scene(body, (bare,)))


def test_frames_out_of_order_are_refused(make_person):
    with pytest.raises(ValueError, match="expected increasing numbers"):
        make_person(frames=(1, 0))


def test_names_are_unique_and_videos_have_a_rate(body, make_person):
    with pytest.raises(ValueError, match="expected unique names"):
        Scene(body, (make_person("a", frames=(0,)), make_person("a", frames=(0,))))
    with pytest.raises(ValueError, match="`frame_rate`: expected a number"):
        Scene(body, (make_person(),))


def test_shapes_that_differ_are_refused():
    shapes = np.zeros((3, 4))
    assert one_shape(shapes, "a").shape == (4,)
    shapes[1, 0] = 1
    with pytest.raises(ValueError, match="expected one shape in all frames"):
        one_shape(shapes, "a")
