"""COCO's and DensePose's files in the exact formats, with photographs painted to match."""

import json
from pathlib import Path

import numpy as np
from PIL import Image
from pycocotools import mask as coco_mask

from hps_tf.body.parts import NUM_PARTS
from tests.data import keypoint_files

SIZE = (120, 160)
COLOURS = np.random.default_rng(5).integers(0, 256, (NUM_PARTS + 1, 3), np.uint8)

#: Parts as rectangles (left, top, right, bottom) within the person's box, from 0 to 1.
FIGURE = {
    14: (0.38, 0.0, 0.62, 0.18),
    1: (0.3, 0.18, 0.7, 0.55),
    11: (0.12, 0.2, 0.3, 0.4),
    10: (0.7, 0.2, 0.88, 0.4),
    13: (0.0, 0.4, 0.2, 0.52),
    12: (0.8, 0.4, 1.0, 0.52),
    6: (0.3, 0.55, 0.48, 0.78),
    7: (0.52, 0.55, 0.7, 0.78),
    8: (0.3, 0.78, 0.46, 1.0),
    9: (0.54, 0.78, 0.7, 1.0),
}

#: COCO's 17 keypoints of the figure.
KEYPOINTS = np.array(
    [
        *((0.5, 0.1), (0.54, 0.07), (0.46, 0.07), (0.6, 0.08), (0.4, 0.08)),
        *((0.7, 0.22), (0.3, 0.22), (0.86, 0.38), (0.14, 0.38), (0.95, 0.5), (0.05, 0.5)),
        *((0.62, 0.55), (0.38, 0.55), (0.61, 0.78), (0.39, 0.78), (0.62, 0.97), (0.38, 0.97)),
    ]
)

BOXES = {1: (20.3, 10.6, 60.2, 90.5), 2: (112.0, 30.0, 40.0, 85.25)}


def figure(x, y):
    """Labels at places from 0 to 1 within the box."""
    labels = np.zeros(np.broadcast_shapes(x.shape, y.shape), np.uint8)
    for part, (left, top, right, bottom) in FIGURE.items():
        labels[(x >= left) & (x < right) & (y >= top) & (y < bottom)] = part
    return labels


def painted(boxes, size=SIZE):
    """A photograph `(H, W, 3)` of figures in boxes, each pixel the mean of 4 x 4 places."""
    height, width = size
    rows, columns = np.mgrid[: 4 * height, : 4 * width] / 4 + 1 / 8
    pixels = np.broadcast_to(COLOURS[0], (*rows.shape, 3)).copy()
    for left, top, box_width, box_height in boxes:
        labels = figure((columns - left) / box_width, (rows - top) / box_height)
        pixels[labels > 0] = COLOURS[labels[labels > 0]]
    return pixels.reshape(height, 4, width, 4, 3).mean(axis=(1, 3)).round().astype(np.uint8)


def rle(mask, is_compressed):
    """COCO's encoding, as text or as a list of runs."""
    if is_compressed:
        encoded = coco_mask.encode(np.asfortranarray(mask, np.uint8))
        return {"size": encoded["size"], "counts": encoded["counts"].decode()}
    column = mask.T.ravel().astype(int)
    edges = np.flatnonzero(np.diff(column, prepend=0)) if len(column) else []
    runs = np.diff([0, *edges, len(column)])
    return {"size": list(mask.shape), "counts": runs.tolist()}


def dp_masks(is_compressed=True):
    """The figure's 14 masks of 256 x 256, [] where none."""
    centres = (np.arange(256) + 0.5) / 256
    labels = figure(centres[np.newaxis], centres[:, np.newaxis])
    return [
        rle(labels == part, is_compressed) if (labels == part).any() else []
        for part in range(1, NUM_PARTS + 1)
    ]


def person(person_id, image_id, box, **changes):
    xy = np.array(box[:2]) + KEYPOINTS * box[2:] - 0.5
    return (
        keypoint_files.annotation(
            person_id, image_id, keypoints=keypoint_files.flat(xy.round(2)), bbox=list(box)
        )
        | changes
    )


def masked(annotation, is_compressed=True):
    """An annotation as DensePose-COCO has it."""
    points = {f"dp_{field}": [1.0, 2.0] for field in ("I", "U", "V", "x", "y")}
    return annotation | points | {"dp_masks": dp_masks(is_compressed)}


def image(image_id, size=SIZE, **changes):
    return (
        keypoint_files.image(
            image_id,
            file_name=f"COCO_train2014_{image_id:012d}.jpg",
            height=size[0],
            width=size[1],
            date_captured="2013-11-18 03:30:24",
        )
        | changes
    )


def contents(image_ids=(785, 9)):
    """A keypoint file and a DensePose file: two people an image, the first of each masked.

    The masks of one image are compressed, those of the next are not.
    """
    people = [
        person(10 * image_id + number, image_id, box)
        for image_id in image_ids
        for number, box in BOXES.items()
    ]
    images = [image(image_id) for image_id in image_ids]
    keypoints = keypoint_files.annotations(people, images)
    densepose = keypoint_files.annotations(
        [
            masked(annotation, is_compressed=place % 4 == 0) if place % 2 == 0 else annotation
            for place, annotation in enumerate(people)
        ],
        images,
    )
    return keypoints, densepose


def write(directory: Path, keypoints, densepose=None, image_ids=(785, 9)):
    """Writes photographs to images/, keypoints.json and densepose.json."""
    (directory / "images").mkdir(parents=True, exist_ok=True)
    for image_id in image_ids:
        path = directory / "images" / f"COCO_train2014_{image_id:012d}.jpg"
        Image.fromarray(painted(BOXES.values())).save(path, quality=95, subsampling=0)
    (directory / "keypoints.json").write_text(json.dumps(keypoints))
    if densepose is not None:
        (directory / "densepose.json").write_text(json.dumps(densepose))
    return directory
