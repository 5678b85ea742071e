"""Examples of people in small images, and datasets of them."""

import io

import numpy as np
from PIL import Image

from hps_tf.data.images import image_dataset
from hps_tf.data.images.image_example import ImageExample

SIZE = 16
NUM_SHAPE = 5


def picture(seed=0, size=SIZE, image_format="PNG", mode="RGB"):
    pixels = np.random.default_rng(seed).integers(0, 256, (size, size, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(buffer, image_format)
    return buffer.getvalue()


def label_fields(labels, seed=0):
    """The fields of some of `image_example.LABELS`."""
    rng = np.random.default_rng(seed)
    weights = rng.uniform(0.1, 1, 17).astype(np.float32)
    weights[3] = 0
    part_labels = rng.integers(0, 15, (SIZE, SIZE)).astype(np.uint8)
    part_labels[:2] = 0
    fields = {
        "keypoints": {
            "keypoints_2d": rng.uniform(0, SIZE - 1, (17, 2)).astype(np.float32),
            "keypoint_weights": weights,
        },
        "parts": {"part_labels": part_labels, "is_silhouette": True},
        "pose": {
            "pose": rng.normal(size=(24, 3)).astype(np.float32),
            "shape": rng.normal(size=NUM_SHAPE).astype(np.float32),
            "translation": rng.normal(size=3).astype(np.float32),
        },
        "markers": {"markers_3d": rng.normal(size=(17, 3)).astype(np.float32)},
    }
    return {field: value for label in labels for field, value in fields[label].items()}


def example(name="a", labels=("keypoints", "parts", "pose", "markers"), seed=0, **changes):
    fields = {
        "image": picture(seed),
        "intrinsics": np.array([[20.5, 0, 8], [0, 20.5, 7], [0, 0, 1]]),
        "subject": "S1",
        "action": "walk ü",
        "sequence": "S1_walk",
        "frame": 7,
    }
    return ImageExample(name, **(fields | label_fields(labels, seed) | changes))


def examples(prefix, count, subjects=("",), **changes):
    """So many examples, each with a frame number of its own by which a batch shows it."""
    return [
        example(f"{prefix}{n}", seed=n, frame=n, subject=subjects[n % len(subjects)], **changes)
        for n in range(count)
    ]


def write(directory, splits, **changes):
    arguments = {
        "image_size": SIZE,
        "num_shape": NUM_SHAPE,
        "body": "toy",
        "settings": {"seed": 1},
        "dropped": {},
    } | changes
    return image_dataset.write(directory, splits, **arguments)
