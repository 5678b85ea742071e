"""Scenes to files: the suffix of the name chooses the format."""

import os
from pathlib import Path

from hps_tf.formats import bvh, coco_json, gltf, joints_csv, obj, smpl_npz
from hps_tf.formats.scene import Scene
from hps_tf.io import atomic_file

_OF_SCENES = {
    ".glb": gltf.content,
    ".json": coco_json.content,
    ".csv": joints_csv.content,
    ".obj": obj.content,
}
_OF_PEOPLE = {".bvh": bvh.content, ".smpl.npz": smpl_npz.content}

#: What the names of files may end with.
SUFFIXES = (*_OF_SCENES, *_OF_PEOPLE)


def write(path: str | os.PathLike[str], scene: Scene) -> list[Path]:
    """Writes a scene; each file appears whole or not at all.

        hps_tf.formats.write(scene, "people.glb")

    Args:
      path: The file. Its name ends with one of `SUFFIXES`: ``.glb`` skinned and animated, ``.json``
        COCO keypoints, ``.csv`` joints, ``.obj`` surfaces of one frame, ``.bvh`` and ``.smpl.npz``
        motion. The last two hold one person: of several, each has a file, with the person's name
        before the suffix.
      scene: The people.

    Returns:
      The files written.

    Raises:
      ValueError: If the suffix is none of these, or the format cannot hold the scene.
    """
    path = Path(path)
    suffix = suffix_of(path)
    if suffix in _OF_SCENES:
        contents = {path: _OF_SCENES[suffix](scene)}
    else:
        make = _OF_PEOPLE[suffix]
        contents = {
            _of_person(path, suffix, person.name, len(scene.people)): make(
                person, scene.body, scene.frame_rate
            )
            for person in scene.people
        }
    for file, content in contents.items():
        with atomic_file.replacing(file) as temporary:
            temporary.write_bytes(content)
    return list(contents)


def suffix_of(path: Path) -> str:
    """Gives the one of `SUFFIXES` that a name ends with.

    Raises:
      ValueError: If there is none.
    """
    for suffix in SUFFIXES:
        if path.name.lower().endswith(suffix):
            return suffix
    raise ValueError(f"{path}: expected a name that ends with {', '.join(SUFFIXES)}")


def _of_person(path: Path, suffix: str, name: str, count: int) -> Path:
    if count == 1:
        return path
    safe = "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in name)
    return path.with_name(f"{path.name[: -len(suffix)]}-{safe}{suffix}")
