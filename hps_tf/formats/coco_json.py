"""The bodies' 17 keypoints as a COCO keypoint file.

Convention: pixels, pixel centres at integers; visibility 2 for keypoints of a person's body, whose
places are known whether something hides them or not.
"""

import json
from typing import Any

import numpy as np

from hps_tf.body.skeleton import COCO17_NAMES
from hps_tf.formats.scene import Person, Scene

_CATEGORY = 1
_VISIBLE = 2


def content(scene: Scene) -> bytes:
    """Makes the file of a scene.

    Args:
      scene: The people, with their keypoints.

    Returns:
      The content of a ``.json`` file with images, annotations and categories; an annotation has
      ``track_id``, which is one person's in all frames.

    Raises:
      ValueError: If somebody has no keypoints.
    """
    images: list[dict[str, Any]] = []
    for frame in range(max(scene.num_frames, len(scene.images))):
        name = scene.images[frame] if frame < len(scene.images) else f"{frame:06d}"
        image: dict[str, Any] = {"id": frame, "file_name": name}
        if frame < len(scene.sizes):
            image["height"], image["width"] = map(int, scene.sizes[frame])
        images.append(image)
    annotations: list[dict[str, Any]] = []
    for track, person in enumerate(scene.people):
        for row, frame in enumerate(person.frames):
            annotation = {"id": len(annotations) + 1, "image_id": int(frame), "track_id": track}
            annotations.append(annotation | _annotation(person, row))
    category = {"id": _CATEGORY, "name": "person", "keypoints": list(COCO17_NAMES)}
    document = {"images": images, "annotations": annotations, "categories": [category]}
    return (json.dumps(document, allow_nan=False) + "\n").encode()


def _annotation(person: Person, row: int) -> dict[str, Any]:
    if person.keypoints_2d is None:
        raise ValueError(f"`keypoints_2d` of {person.name!r}: expected keypoints, received None")
    points = person.keypoints_2d[row].astype(np.float64)
    low, size = points.min(axis=0), np.ptp(points, axis=0)
    marked = np.concatenate([points, np.full((len(points), 1), _VISIBLE)], axis=1)
    found: dict[str, Any] = {
        "category_id": _CATEGORY,
        "iscrowd": 0,
        "keypoints": [round(value, 3) for value in marked.reshape(-1).tolist()],
        "num_keypoints": len(points),
        "bbox": [round(value, 3) for value in (*low.tolist(), *size.tolist())],
        "area": round(float(size[0] * size[1]), 3),
    }
    if person.score is not None:
        found["score"] = round(float(person.score[row]), 5)
    return found
