"""People as skinned, animated skeletons in binary glTF 2.0, which 3D programs and browsers open.

Each person is a mesh in the shape of the person, a skeleton that moves it, and one animation.
Browsers move a vertex by four joints at most; files of bodies that need more name the further ones
in a second set, which the others use. Pose blend shapes are left out: glTF has no such thing, so
bodies of SMPL's family bulge a little otherwise than here.

Convention: glTF's frame, x right, y up, z backward, metres: the camera frame turned by `TO_Y_UP`.
"""

import numpy as np
from scipy.spatial.transform import Rotation

from hps_tf.formats import skeleton_nodes
from hps_tf.formats.glb_container import GlbBuilder
from hps_tf.formats.scene import Person, Scene
from hps_tf.rendering import vertex_normals
from hps_tf.rendering.colour import PERSON_COLOURS, srgb_to_linear, to_uint8

_HALF_TURN_ABOUT_X = [1.0, 0.0, 0.0, 0.0]
_MAX_UINT16 = 0xFFFF


def content(scene: Scene, *, with_parts: bool = False) -> bytes:
    """Makes the file of a scene.

    Args:
      scene: The people.
      with_parts: Whether every mesh has its vertices' part labels, 1..14, as attribute ``_PART``.

    Returns:
      The content of a ``.glb`` file.
    """
    builder = GlbBuilder()
    roots = []
    for number, person in enumerate(scene.people):
        colour = PERSON_COLOURS[number % len(PERSON_COLOURS)]
        roots += _add_person(builder, scene, person, colour, with_parts)
    scene_entry = {"nodes": roots} if roots else {}
    builder.document["scene"] = builder.add("scenes", {"name": "people", **scene_entry})
    return builder.content()


def _add_person(
    builder: GlbBuilder,
    scene: Scene,
    person: Person,
    colour: np.ndarray,
    with_parts: bool,
) -> list[int]:
    """Adds mesh, skeleton and animation; returns the scene's nodes."""
    skeleton = skeleton_nodes.of_body(scene.body, person.shape)
    rotations = _quaternions(skeleton_nodes.every_joint(scene.body, person.pose))
    places = skeleton.rest[0] + person.translation
    joints = []
    for joint, name in enumerate(skeleton.names):
        place = places[0] if joint == 0 else skeleton.offsets[joint]
        node = {
            "name": f"{person.name} {name}",
            "translation": place.astype(float).tolist(),
            "rotation": rotations[0, joint].astype(float).tolist(),
        }
        joints.append(builder.add("nodes", node))
    nodes = builder.document["nodes"]
    for joint, parent in enumerate(skeleton.parents):
        if parent >= 0:
            nodes[joints[parent]].setdefault("children", []).append(joints[joint])
    holder = {
        "name": f"{person.name} camera to glTF",
        "rotation": _HALF_TURN_ABOUT_X,
        "children": [joints[0]],
    }
    root = builder.add("nodes", holder)

    inverse = np.tile(np.eye(4, dtype=np.float32), (len(joints), 1, 1))
    inverse[:, :3, :3] = skeleton.rest_rotations
    inverse[:, :3, 3] = -np.einsum("jab,jb->ja", skeleton.rest_rotations, skeleton.rest)
    skin = {"name": person.name, "joints": joints, "inverseBindMatrices": builder.accessor(inverse)}
    mesh = {
        "name": person.name,
        "mesh": builder.add("meshes", _mesh(builder, scene, person, colour, with_parts)),
        "skin": builder.add("skins", skin),
    }
    if scene.frame_rate is not None and scene.num_frames > 1:
        _add_animation(builder, scene, person, joints, rotations, places)
    return [root, builder.add("nodes", mesh)]


def _mesh(
    builder: GlbBuilder,
    scene: Scene,
    person: Person,
    colour: np.ndarray,
    with_parts: bool,
) -> dict:
    body = scene.body
    vertices = skeleton_nodes.shaped_template(body, person.shape).astype(np.float32)
    normals = vertex_normals(vertices, body.faces).astype(np.float32)
    attributes = {
        "POSITION": builder.vertices(vertices),
        "NORMAL": builder.vertices(normals),
        "COLOR_0": _colours(builder, np.broadcast_to(colour, vertices.shape)),
    }
    if builder.document.get("meshes"):
        # All people share what does not depend on their shape.
        first = builder.document["meshes"][0]["primitives"][0]
        return {
            "name": person.name,
            "primitives": [first | {"attributes": first["attributes"] | attributes}],
        }
    if with_parts:
        attributes["_PART"] = builder.vertices(body.vertex_parts.astype(np.float32))
    for number, (joints, weights) in enumerate(_influences(body.data.weights)):
        attributes[f"JOINTS_{number}"] = builder.vertices(joints)
        attributes[f"WEIGHTS_{number}"] = builder.vertices(weights)
    index_type = np.uint16 if len(vertices) <= _MAX_UINT16 else np.uint32
    look = {"metallicFactor": 0.0, "roughnessFactor": 0.8}
    primitive = {
        "attributes": attributes,
        "indices": builder.indices(body.faces.astype(index_type).reshape(-1)),
        "material": builder.add("materials", {"name": "skin", "pbrMetallicRoughness": look}),
    }
    return {"name": person.name, "primitives": [primitive]}


def _colours(builder: GlbBuilder, srgb: np.ndarray) -> int:
    opaque = np.ones((len(srgb), 1))
    linear = np.concatenate([srgb_to_linear(srgb), opaque], axis=1)
    return builder.vertices(to_uint8(linear), normalized=True)


def _influences(weights: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Splits `(V, J)` skinning weights into sets of four joints and weights, the largest first."""
    largest = int((weights > 0).sum(axis=1).max())
    count = 4 * -(-largest // 4)
    order = np.argsort(-weights, axis=1, kind="stable")[:, :count]
    chosen = np.take_along_axis(weights, order, axis=1)
    chosen = chosen / chosen.sum(axis=1, keepdims=True)
    joints = np.where(chosen > 0, order, 0).astype(np.uint8)
    sets = [slice(first, first + 4) for first in range(0, count, 4)]
    return [(joints[:, four], chosen[:, four].astype(np.float32)) for four in sets]


def _quaternions(pose: np.ndarray) -> np.ndarray:
    """Turns `(T, J, 3)` axis-angle into `(T, J, 4)` x, y, z, w; signs do not change over time."""
    found = Rotation.from_rotvec(pose.reshape(-1, 3).astype(np.float64)).as_quat()
    found = found.reshape(*pose.shape[:2], 4)
    turns = np.sum(found[1:] * found[:-1], axis=-1, keepdims=True) < 0
    signs = np.cumprod(np.where(turns, -1.0, 1.0), axis=0)
    found[1:] *= signs
    return found.astype(np.float32)


def _add_animation(
    builder: GlbBuilder,
    scene: Scene,
    person: Person,
    joints: list[int],
    rotations: np.ndarray,
    places: np.ndarray,
) -> None:
    frame_rate = scene.frame_rate or 1.0
    times = builder.accessor((person.frames / frame_rate).astype(np.float32))
    animation: dict = {"name": person.name, "samplers": [], "channels": []}

    def add(node: int, path: str, values: np.ndarray, moments: int, method: str) -> None:
        animation["samplers"].append(
            {"input": moments, "output": builder.accessor(values), "interpolation": method}
        )
        target = {"node": node, "path": path}
        animation["channels"].append({"sampler": len(animation["samplers"]) - 1, "target": target})

    add(joints[0], "translation", places.astype(np.float32), times, "LINEAR")
    for joint, node in enumerate(joints):
        add(node, "rotation", np.ascontiguousarray(rotations[:, joint]), times, "LINEAR")
    moments, sizes = _presence(person.frames, scene.num_frames, frame_rate)
    if len(moments) > 1:
        add(joints[0], "scale", sizes, builder.accessor(moments), "STEP")
    builder.add("animations", animation)


def _presence(
    frames: np.ndarray, num_frames: int, frame_rate: float
) -> tuple[np.ndarray, np.ndarray]:
    """Gives the times at which a person appears, 1, or is gone, 0, as scales `(M, 3)`.

    They lie half way between frames, so that rounded times of frames are on the right side.
    """
    changes = {0: 0.0} if frames[0] > 0 else {}
    changes[int(frames[0])] = 1.0
    for gap in np.flatnonzero(np.diff(frames) > 1):
        changes[int(frames[gap]) + 1] = 0.0
        changes[int(frames[gap + 1])] = 1.0
    if frames[-1] + 1 < num_frames:
        changes[int(frames[-1]) + 1] = 0.0
    times = np.maximum(np.array(sorted(changes)) - 0.5, 0.0).astype(np.float32)
    times /= np.float32(frame_rate)
    sizes = np.array([changes[frame] for frame in sorted(changes)], np.float32)
    return times, np.repeat(sizes[:, None], 3, axis=1)
