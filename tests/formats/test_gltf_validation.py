"""Khronos' validator finds neither errors nor warnings in any GLB that the commands write."""

import numpy as np
import pytest

from hps_tf import formats
from hps_tf.formats import Scene
from hps_tf.visualization import glb, palette
from tests.formats import khronos_validator

pytestmark = pytest.mark.needs_network


@pytest.fixture(scope="module")
def validator(tmp_path_factory):
    return khronos_validator.install(tmp_path_factory.mktemp("validator"))


@pytest.fixture
def check(validator):
    def run(path):
        report = khronos_validator.report(validator, path)
        issues = report["issues"]
        found = [
            f"{message['code']} at {message['pointer']}: {message['message']}"
            for message in issues["messages"]
            if message["severity"] <= 1
        ]
        assert not found
        assert (issues["numErrors"], issues["numWarnings"]) == (0, 0)
        return report["info"]

    return run


def test_the_validator_finds_what_is_wrong(validator, photograph, tmp_path):
    (path,) = formats.write(tmp_path / "people.glb", photograph)
    content = path.read_bytes()
    path.write_bytes(content.replace(b'"VEC3"', b'"VEC2"', 1))
    assert khronos_validator.report(validator, path)["issues"]["numErrors"] > 0


def test_people_of_a_photograph(check, photograph, tmp_path):
    (path,) = formats.write(tmp_path / "people.glb", photograph)
    info = check(path)
    assert info["drawCallCount"] == 2
    assert info["hasSkins"]
    assert info["animationCount"] == 0


def test_people_of_a_video(check, scene, tmp_path):
    (path,) = formats.write(tmp_path / "people.glb", scene)
    info = check(path)
    assert info["drawCallCount"] == 2
    assert info["animationCount"] == 2


def test_a_person_who_is_seen_once_in_a_video(check, body, make_person, tmp_path):
    scene = Scene(body, (make_person(frames=(2,)), make_person("bob", frames=(0,))), 25.0)
    (path,) = formats.write(tmp_path / "people.glb", scene)
    check(path)


def test_names_beyond_ascii(check, body, make_person, tmp_path):
    scene = Scene(body, (make_person('Zoë "Z" \\ 人'),), 25.0)
    (path,) = formats.write(tmp_path / "people.glb", scene)
    check(path)


def test_nobody(check, body, tmp_path):
    (path,) = formats.write(tmp_path / "nobody.glb", Scene(body, ()))
    check(path)


def test_a_mesh_of_one_person_as_photo_and_fit_write_it(check, photograph, tmp_path):
    person = photograph.people[0]
    vertices = photograph.vertices(person)[0]
    glb.write(tmp_path / "one.glb", vertices, photograph.body.faces)
    assert check(tmp_path / "one.glb")["drawCallCount"] == 1


def test_meshes_of_all_people_as_photo_writes_them(check, photograph, tmp_path):
    people = {p.name: photograph.vertices(p)[0] for p in photograph.people}
    colours = {name: np.broadcast_to(palette.SKIN, points.shape) for name, points in people.items()}
    glb.write_scene(tmp_path / "all.glb", people, photograph.body.faces, colours)
    assert check(tmp_path / "all.glb")["drawCallCount"] == 2
