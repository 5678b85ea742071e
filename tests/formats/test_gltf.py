"""Files of skinned people against an independent reader (pygltflib) and skinning in NumPy."""

import numpy as np
import pygltflib
import pytest
from scipy.spatial.transform import Rotation, Slerp

from hps_tf.formats import Scene, gltf
from hps_tf.formats.scene import TO_Y_UP

TYPES = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}
COMPONENTS = {5121: np.uint8, 5123: np.uint16, 5125: np.uint32, 5126: np.float32}


class Reader:
    def __init__(self, content):
        self.gltf = pygltflib.GLTF2().load_from_bytes(content)
        self.blob = self.gltf.binary_blob()

    def array(self, index):
        accessor = self.gltf.accessors[index]
        view = self.gltf.bufferViews[accessor.bufferView]
        kind, width = COMPONENTS[accessor.componentType], TYPES[accessor.type]
        values = np.frombuffer(self.blob, kind, accessor.count * width, view.byteOffset)
        return values.reshape(accessor.count, width) if width > 1 else values

    def local(self, node, animation, time):
        """The node's matrix at a time, its animation applied as the specification says."""
        entry = self.gltf.nodes[node]
        parts = {
            "translation": np.array(entry.translation or [0, 0, 0], float),
            "rotation": np.array(entry.rotation or [0, 0, 0, 1], float),
            "scale": np.array(entry.scale or [1, 1, 1], float),
        }
        for channel in animation.channels if animation else ():
            if channel.target.node == node:
                sampler = animation.samplers[channel.sampler]
                times, values = self.array(sampler.input), self.array(sampler.output)
                parts[channel.target.path] = sample(times, values, time, sampler.interpolation)
        matrix = np.eye(4)
        turn = Rotation.from_quat(parts["rotation"]).as_matrix()
        matrix[:3, :3] = turn * parts["scale"]
        matrix[:3, 3] = parts["translation"]
        return matrix

    def world(self, animation, time):
        parents = {
            child: number
            for number, node in enumerate(self.gltf.nodes)
            for child in node.children or ()
        }

        def of(node):
            own = self.local(node, animation, time)
            return of(parents[node]) @ own if node in parents else own

        return of

    def vertices(self, name, time):
        """The skinned vertices of a person."""
        node = next(n for n in self.gltf.nodes if n.name == name and n.mesh is not None)
        skin = self.gltf.skins[node.skin]
        animation = next((a for a in self.gltf.animations if a.name == name), None)
        world = self.world(animation, time)
        inverse = self.array(skin.inverseBindMatrices).reshape(-1, 4, 4).swapaxes(1, 2)
        matrices = np.stack([world(joint) for joint in skin.joints]) @ inverse
        attributes = self.gltf.meshes[node.mesh].primitives[0].attributes
        points = self.array(attributes.POSITION)
        points = np.concatenate([points, np.ones((len(points), 1))], axis=1)
        moved = np.zeros((len(points), 4))
        for number in range(2):
            joints = getattr(attributes, f"JOINTS_{number}", None)
            if joints is None:
                continue
            weights = self.array(getattr(attributes, f"WEIGHTS_{number}"))
            joints = self.array(joints)
            moved += np.einsum("vi,viab,vb->va", weights, matrices[joints], points)
        return moved[:, :3]


def sample(times, values, time, method):
    if method == "STEP":
        return values[max(0, np.searchsorted(times, time + 1e-6, side="right") - 1)]
    if values.shape[1] == 4:
        return Slerp(times, Rotation.from_quat(values))(
            np.clip(time, times[0], times[-1])
        ).as_quat()
    return np.array([np.interp(time, times, column) for column in values.T])


@pytest.fixture(scope="module")
def reader(scene):
    return Reader(gltf.content(scene, with_parts=True))


def test_skinning_by_the_file_gives_the_body_in_every_frame(scene, reader):
    for person in scene.people:
        expected = scene.vertices(person) @ TO_Y_UP.T
        for row, frame in enumerate(person.frames):
            found = reader.vertices(person.name, np.float32(frame / scene.frame_rate))
            assert np.abs(found - expected[row]).max() < 1e-3


def test_a_person_out_of_sight_has_no_size(scene, reader):
    def size(name, frame):
        return np.ptp(reader.vertices(name, frame / scene.frame_rate), axis=0).max()

    for frame in (3.0, 3.5, 4.4):
        assert size("ann", frame) < 1e-5
    for frame in (1.0, 5.5):
        assert size("bob", frame) < 1e-5
    assert size("ann", 5.0) > 1
    assert size("bob", 3.0) > 1


def test_every_person_has_one_animation(scene, reader):
    assert [a.name for a in reader.gltf.animations] == [person.name for person in scene.people]


def test_people_of_a_photograph_stand_still_in_their_pose(photograph):
    reader = Reader(gltf.content(photograph))
    assert not reader.gltf.animations
    for person in photograph.people:
        expected = photograph.vertices(person)[0] @ TO_Y_UP.T
        assert np.abs(reader.vertices(person.name, 0.0) - expected).max() < 1e-3


def test_weights_are_normalised_and_name_no_joint_in_vain(reader):
    attributes = reader.gltf.meshes[0].primitives[0].attributes
    weights = [reader.array(getattr(attributes, f"WEIGHTS_{number}")) for number in (0, 1)]
    joints = [reader.array(getattr(attributes, f"JOINTS_{number}")) for number in (0, 1)]
    np.testing.assert_allclose(sum(w.sum(axis=1) for w in weights), 1.0, atol=1e-6)
    for joint, weight in zip(joints, weights, strict=True):
        assert not joint[weight == 0].any()
    assert (weights[0].min(axis=1) >= weights[1].max(axis=1)).all()


def test_a_scene_without_people_is_a_file_too(body):
    assert not Reader(gltf.content(Scene(body, ()))).gltf.nodes
