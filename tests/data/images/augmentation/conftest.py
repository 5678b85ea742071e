"""Examples of the embedded body, rendered, so that every label can be rendered again."""

from collections.abc import Callable

import numpy as np
import pytest
import tensorflow as tf

from hps_tf import rendering
from hps_tf.body import BodyModel, load_default
from hps_tf.data.images.image_records import Batch
from hps_tf.geometry import camera

# Uneven on purpose: neither the person nor the principal point is in the middle.
_INTRINSICS = ((190.0, 0.0, 57.0), (0.0, 190.0, 71.0), (0.0, 0.0, 1.0))


@pytest.fixture(scope="session")
def body() -> BodyModel:
    return load_default(3000)


@pytest.fixture(scope="session")
def render_parts(body: BodyModel) -> Callable[[Batch, int], np.ndarray]:
    """Draws the part labels of a batch's bodies under its cameras, in images of a given size."""

    def render(batch: Batch, size: int) -> np.ndarray:
        posed = body(pose=batch["pose"], shape=batch["shape"], translation=batch["translation"])
        raster = rendering.rasterize(
            posed.vertices.numpy(), body.faces, np.asarray(batch["intrinsics"]), (size, size)
        )
        return rendering.part_labels(raster, body.face_parts)

    return render


@pytest.fixture(scope="session")
def make_batch(
    body: BodyModel, render_parts: Callable[[Batch, int], np.ndarray]
) -> Callable[[int, int], Batch]:
    """Makes a batch of so many fully labelled people in images of a given size."""

    def make(count: int, size: int) -> Batch:
        rng = np.random.default_rng(count)
        pose = rng.normal(0, 0.25, (count, 24, 3)).astype(np.float32)
        # Upright in a camera whose y axis points down, nodding a little.
        pose[:, 0] = rng.normal((np.pi - 0.5, 0, 0), 0.15, (count, 3))
        shape = rng.normal(0, 1, (count, 16)).astype(np.float32)
        translation = np.array([0.1, -0.05, 3.4]) + rng.normal(0, 0.05, (count, 3))
        intrinsics = np.array(_INTRINSICS, np.float32)
        intrinsics[:2] *= size / 128
        batch = {
            "pose": pose,
            "shape": shape,
            "translation": translation.astype(np.float32),
            "intrinsics": np.tile(intrinsics, (count, 1, 1)),
        }
        batch["part_labels"] = render_parts(batch, size)
        tones = rng.uniform(0.2, 0.8, (15, 3)).astype(np.float32)
        batch["image"] = tones[batch["part_labels"]]
        arguments = {field: batch[field] for field in ("pose", "shape", "translation")}
        points = body.keypoints("coco17", **arguments)
        batch["keypoints_2d"] = camera.project(points, batch["intrinsics"])
        batch["keypoint_weights"] = np.tile(np.linspace(0.2, 1, 17, dtype=np.float32), (count, 1))
        batch["markers_3d"] = body.keypoints("h36m17", **arguments)
        for flag in ("has_keypoints", "has_parts", "has_pose", "has_markers", "is_silhouette"):
            batch[flag] = np.ones(count, np.float32)
        batch["frame"] = np.arange(count)
        batch["name"] = np.array([f"person {number}" for number in range(count)])
        return {field: tf.convert_to_tensor(value) for field, value in batch.items()}

    return make
