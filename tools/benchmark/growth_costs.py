"""What `growth` measures: functions to run, by the size of what they work on."""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from hps_tf import priors
from hps_tf.body import BodyModel, default_body, load_small
from hps_tf.body.skeleton import NUM_JOINTS
from hps_tf.fitting import Evidence, Fitter, VideoFitter, fit
from hps_tf.fitting.pose_variables import LatentPrior
from hps_tf.geometry import camera
from hps_tf.losses import alignment_loss, pack_part_pixels
from hps_tf.priors import FlowPrior
from tools.benchmark import alignment_people

Costs = dict[int, Callable[[], object]]

_PRIOR = "cmu-6d-light"
_NUM_VERTICES = 6890
_BATCH = 8
_POSES = 1024
_WINDOW = 16


def _people() -> Costs:
    evidence = _standing(256)
    return {
        size: functools.partial(fit, evidence.select(np.arange(size)), prior=_PRIOR)
        for size in (1, 4, 16, 64, 256)
    }


def _frames() -> Costs:
    body, pose = load_small(), LatentPrior(priors.load(_PRIOR))
    fitter = VideoFitter(Fitter(body, pose), Fitter(body, pose, num_frames=_WINDOW))
    evidence = _standing(256)
    return {
        size: functools.partial(fitter.fit, evidence.select(np.arange(size)))
        for size in (16, 32, 64, 128, 256)
    }


def _vertices() -> Costs:
    data = default_body.read(_NUM_VERTICES)
    rng = np.random.default_rng(0)
    pose = tf.constant(rng.normal(0.0, 0.3, (_BATCH, NUM_JOINTS, 3)), tf.float32)

    def run(size: int) -> Callable[[], object]:
        rows = np.arange(size) % _NUM_VERTICES
        by_vertex = {
            name: getattr(data, name)[rows]
            for name in ("template", "shapedirs", "weights", "vertex_parts")
        }
        faces = data.faces[(data.faces < size).all(axis=1)]
        body = BodyModel(dataclasses.replace(data, **by_vertex, faces=faces))

        @tf.function(jit_compile=True)
        def gradient(pose: tf.Tensor) -> tf.Tensor:
            with tf.GradientTape() as tape:
                tape.watch(pose)
                total = tf.reduce_sum(tf.square(body(pose=pose).vertices))
            return tape.gradient(total, pose)

        return lambda: gradient(pose).numpy()

    return {size: run(size) for size in (1722, 3445, 6890, 13780, 27560)}


def _pixels() -> Costs:
    def run(size: int) -> Callable[[], object]:
        people = alignment_people.make(_BATCH, size, _NUM_VERTICES, seed=0)
        vertices = tf.constant(people.vertices_2d)

        @tf.function
        def gradient(vertices: tf.Tensor, packed: Any) -> tf.Tensor:
            with tf.GradientTape() as tape:
                tape.watch(vertices)
                terms = alignment_loss(vertices, packed, people.vertex_parts)
                loss = terms.pixels_to_vertices + terms.vertices_to_pixels
            return tape.gradient(loss, vertices)

        return lambda: gradient(vertices, pack_part_pixels(people.part_labels)).numpy()

    return {size * size: run(size) for size in (32, 64, 128, 256, 512)}


def _parameters() -> Costs:
    space = priors.load(_PRIOR).space
    x = tf.constant(np.random.default_rng(0).standard_normal((_POSES, space.dim), np.float32))
    runs: Costs = {}
    for width in (32, 64, 128, 256, 512):
        flow = FlowPrior(space, 0.1, "realnvp", hidden_units=(width, width))
        runs[flow.count_params()] = _training_gradient(flow, x)
    return runs


def _training_gradient(flow: FlowPrior, x: tf.Tensor) -> Callable[[], object]:
    @tf.function(jit_compile=True)
    def gradients(x: tf.Tensor) -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            loss = -tf.reduce_mean(flow.log_prob(x, training=True))
        return tape.gradient(loss, flow.trainable_variables)

    return lambda: gradients(x)[0].numpy()


def _standing(count: int) -> Evidence:
    """The keypoints of people drawn from a prior, four metres before a camera."""
    body, prior = load_small(), priors.load(_PRIOR)
    pose = prior.space.to_pose(prior.space.project(prior.sample(count, seed=0))).numpy()
    pose[:, 0] = (np.pi, 0.0, 0.0)
    place = np.tile(np.array([0.0, 0.2, 4.0], np.float32), (count, 1))
    matrix = np.array([[800.0, 0, 256], [0, 800, 256], [0, 0, 1]], np.float32)
    intrinsics = np.tile(matrix, (count, 1, 1))
    points = body.keypoints("coco17", pose=pose, translation=place)
    keypoints = camera.project(points, intrinsics).numpy()
    return Evidence(keypoints, np.ones(keypoints.shape[:2]), intrinsics, "coco17")


COSTS: dict[str, Callable[[], Costs]] = {
    "people": _people,
    "frames": _frames,
    "vertices": _vertices,
    "pixels": _pixels,
    "parameters": _parameters,
}
"""Makes the functions of each quantity, by size."""
