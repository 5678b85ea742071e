import json
import struct

import numpy as np
import pytest
import trimesh

from hps_tf.body import load_default
from hps_tf.visualization import glb, palette


@pytest.fixture(scope="module")
def body():
    return load_default(3000)


@pytest.fixture(scope="module")
def vertices(body):
    rng = np.random.default_rng(0)
    return body(pose=rng.normal(scale=0.3, size=(1, 24, 3))).vertices[0].numpy()


def reload(path):
    return trimesh.load(path, process=False).to_mesh()


def test_reloaded_mesh_equals_what_was_written(tmp_path, body, vertices):
    path = tmp_path / "person.glb"
    glb.write(path, vertices, body.faces)
    mesh = reload(path)
    np.testing.assert_array_equal(mesh.vertices.astype(np.float32), vertices)
    np.testing.assert_array_equal(mesh.faces, body.faces)


def test_colours_are_linear_a_vertex(tmp_path, body, vertices):
    path = tmp_path / "person.glb"
    glb.write(path, vertices, body.faces, colours=palette.PART_COLOURS[body.vertex_parts])
    colours = reload(path).visual.vertex_colors
    assert len(np.unique(colours, axis=0)) == 14
    glb.write(path, vertices, body.faces, colours=(0.5, 0.0, 1.0))
    # The linear intensity of sRGB 0.5 is 0.214.
    np.testing.assert_array_equal(np.unique(reload(path).visual.vertex_colors, axis=0),
                                  [[55, 0, 255, 255]])  # fmt: skip


def test_file_is_binary_gltf_2_with_unit_normals(tmp_path, body, vertices):
    path = tmp_path / "person.glb"
    glb.write(path, vertices, body.faces)
    data = path.read_bytes()
    magic, version, length, json_length = struct.unpack("<4sIII", data[:16])
    assert (magic, version, length) == (b"glTF", 2, len(data))
    header = json.loads(data[20 : 20 + json_length])
    [primitive] = header["meshes"][0]["primitives"]
    assert {"POSITION", "NORMAL", "COLOR_0"} <= primitive["attributes"].keys()
    accessor = header["accessors"][primitive["attributes"]["NORMAL"]]
    view = header["bufferViews"][accessor["bufferView"]]
    start = 28 + json_length + view.get("byteOffset", 0)
    normals = np.frombuffer(data, "<f4", 3 * accessor["count"], start).reshape(-1, 3)
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-5)
    assert len(normals) == len(vertices)


def test_no_file_is_left_when_writing_fails(tmp_path, body, vertices):
    with pytest.raises(
        ValueError, match=r"`vertices`: expected shape \(vertices, 3\), received \(1, "
    ):
        glb.write(tmp_path / "person.glb", vertices[None], body.faces)
    assert not list(tmp_path.iterdir())
    with pytest.raises(FileNotFoundError):
        glb.write(tmp_path / "missing" / "person.glb", vertices, body.faces)


def test_people_of_a_scene_are_meshes_of_their_own(tmp_path, body, vertices):
    path = tmp_path / "scene.glb"
    people = {"a": vertices, "b": vertices + np.float32(1)}
    colours = {name: np.full((len(vertices), 3), level) for name, level in (("a", 0), ("b", 1))}
    glb.write_scene(path, people, body.faces, colours)
    scene = trimesh.load(path, process=False)
    assert set(scene.geometry) == {"a", "b"}
    for name, points in people.items():
        np.testing.assert_array_equal(scene.geometry[name].vertices.astype(np.float32), points)
        assert (scene.geometry[name].visual.vertex_colors[:, 0] == 255 * (name == "b")).all()
