import numpy as np
import pytest

from hps_tf.body import load_default
from hps_tf.cli import convert
from hps_tf.errors import InputError


@pytest.fixture(scope="module")
def body():
    return load_default()


@pytest.fixture
def write(tmp_path, body):
    def save(ids, frames):
        directory = tmp_path / "bodies"
        directory.mkdir()
        count = len(ids)
        translation = np.tile(np.float32([0, 0, 3]), (count, 1))
        np.savez(
            directory / "result.npz",
            pose=np.zeros((count, 24, 3), np.float32),
            shape=np.zeros((count, body.num_shape), np.float32),
            translation=translation,
            joints_3d=np.tile(body.joints(translation=translation[:1]).numpy(), (count, 1, 1)),
            joints_2d=np.ones((count, 17, 2)),
            intrinsics=np.tile(np.diag([80.0, 80, 1]), (count, 1, 1)),
            image_sizes=np.tile([48, 64], (count, 1)),
            person_ids=np.array(ids),
            image_names=np.array([f"photo{frame}.jpg" for frame in frames]),
            frames=np.array(frames),
        )
        return directory

    return save


def test_a_video_becomes_every_format_that_holds_motion(write, tmp_path, capsys):
    directory = write(["a", "a", "b"], [0, 1, 1])
    output = tmp_path / "motion"
    formats = ["glb", "bvh", "smpl.npz", "json", "csv"]
    convert.main([str(directory), "--output", str(output), "--format", *formats])
    expected = {
        *("bodies.glb", "bodies-a.bvh", "bodies-b.bvh", "bodies-a.smpl.npz"),
        *("bodies-b.smpl.npz", "bodies.json", "bodies.csv"),
    }
    assert {path.name for path in output.iterdir()} == expected
    assert {line.rsplit("/", 1)[-1] for line in capsys.readouterr().out.split()} == expected


def test_photographs_have_a_file_each(write, tmp_path):
    directory = write(["a", "b"], [0, 1])
    convert.main([str(directory), "--output", str(tmp_path / "people.obj")])
    names = {path.name for path in tmp_path.glob("*.obj")}
    assert names == {"people-photo0.obj", "people-photo1.obj"}


def test_surfaces_of_a_video_are_refused_in_one_line(write, tmp_path):
    directory = write(["a", "a"], [0, 1])
    with pytest.raises(InputError, match="expected one frame, since OBJ has no motion"):
        convert.main([str(directory), "--output", str(tmp_path / "people.obj")])


def test_an_unknown_suffix_is_refused_with_those_that_are_known(write, tmp_path):
    directory = write(["a"], [0])
    with pytest.raises(InputError, match=r"people\.fbx: expected a name that ends with \.glb, "):
        convert.main([str(directory), "--output", str(tmp_path / "people.fbx")])


def test_a_missing_directory_is_refused(write, tmp_path):
    directory = write(["a"], [0])
    with pytest.raises(InputError, match="there is no directory"):
        convert.main([str(directory), "--output", str(tmp_path / "no" / "people.glb")])
