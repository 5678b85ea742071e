"""Keypoint files in the exact formats, as parsed JSON."""

from collections.abc import Callable

import numpy as np

from hps_tf.body.skeleton import COCO17_NAMES
from hps_tf.errors import InputError

SIZE = (480, 640)


def points(seed=0, centre=(300.0, 200.0)):
    """17 keypoints within 80 pixels of a point."""
    return np.random.default_rng(seed).uniform(-80, 80, (17, 2)).round(1) + centre


def flat(points, v=2):
    """x, y, v triples in one list."""
    column = np.broadcast_to(v, (len(points),))[:, None]
    return np.concatenate([points, column], axis=1).ravel().tolist()


def annotation(person_id=1, image_id=785, seed=0, **changes):
    xy = points(seed)
    low = xy.min(axis=0)
    return {
        "id": person_id,
        "image_id": image_id,
        "category_id": 1,
        "iscrowd": 0,
        "num_keypoints": 17,
        "keypoints": flat(xy),
        "bbox": [*low.tolist(), *(xy.max(axis=0) - low).tolist()],
        "area": 1234.5,
        "segmentation": [[0.0, 0.0, 1.0, 0.0, 1.0, 1.0]],
    } | changes


def image(image_id=785, **changes):
    return {
        "id": image_id,
        "file_name": f"{image_id:012d}.jpg",
        "height": SIZE[0],
        "width": SIZE[1],
        "license": 4,
    } | changes


def annotations(people, images=None, **changes):
    return {
        "info": {"year": 2017},
        "licenses": [],
        "images": [image()] if images is None else images,
        "annotations": people,
        "categories": [
            {"id": 1, "name": "person", "keypoints": list(COCO17_NAMES), "skeleton": [[16, 14]]}
        ],
    } | changes


def result(image_id=785, seed=0, **changes):
    return {
        "image_id": image_id,
        "category_id": 1,
        "keypoints": flat(points(seed), 0.5),
        "score": 0.9,
    } | changes


def openpose(*people):
    return {"version": 1.3, "people": list(people)}


def openpose_person(points, person_id=-1):
    return {
        "person_id": [person_id],
        "pose_keypoints_2d": flat(points, 0.8),
        "face_keypoints_2d": [],
        "hand_left_keypoints_2d": [],
        "hand_right_keypoints_2d": [],
        "pose_keypoints_3d": [],
    }


def refusal(read: Callable[[], object]) -> str | None:
    """The message with which input is refused; None if it is read. Other errors are raised."""
    try:
        read()
    except InputError as error:
        return str(error)
    return None
