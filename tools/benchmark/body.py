"""The body model beside smplfitter's TensorFlow body model.

Both hold the embedded body with 6,890 vertices, which smplfitter reads from a file in SMPL's
layout: once with made-up pose blend shapes, as SMPL has them, and once without, as the embedded
body is. SMPL's layout can't leave them out, so smplfitter then multiplies by zeros. Each
implementation is measured as a plain `tf.function` and compiled by XLA; its better figure counts.
"""

import dataclasses
import functools
import pickle
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tensorflow as tf

from hps_tf.body import BodyModel, default_body
from hps_tf.body.body_data import BodyData
from hps_tf.body.skeleton import NUM_JOINTS, PARENTS
from tools.benchmark import report, smplfitter_body, timing

PEERS = (smplfitter_body.NAME,)

_NUM_VERTICES = 6890
_BATCHES = (1, 32)
_ROUNDS = 11
_TOLERANCE = 1e-4  # metres

Vertices = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]


def rows() -> list[report.Row]:
    """Measures forward, and forward with gradient, for a single body and for a batch."""
    # TensorFlow warns of functions traced many times over; here each is a candidate of its own.
    tf.get_logger().setLevel("ERROR")
    has_peer = smplfitter_body.is_installed()
    if not has_peer:
        report.warn_absent(smplfitter_body.NAME)
    found = []
    for case, posedirs in (
        ("pose blend shapes", _made_up_posedirs()),
        ("no pose blend shapes", None),
    ):
        data = in_smpl_pose(default_body.read(_NUM_VERTICES), posedirs)
        bodies = {"ours": _vertices_function(BodyModel(data))}
        if has_peer:
            with tempfile.TemporaryDirectory() as directory:
                write_smpl_file(Path(directory) / smplfitter_body.MODEL_FILE, data)
                bodies[smplfitter_body.NAME] = smplfitter_body.vertices_function(Path(directory))
        for batch in _BATCHES:
            found += _rows(f"{_NUM_VERTICES} vertices, {case}, batch {batch}", bodies, batch)
    return found


def _rows(case: str, bodies: dict[str, Vertices], batch: int) -> list[report.Row]:
    inputs, cotangent = _inputs(batch)
    _check_agreement(bodies, inputs)
    found = []
    for metric, make, arguments in (
        ("forward", _forward, inputs),
        ("forward+gradient", _gradient, (*inputs, cotangent)),
    ):
        candidates = {
            f"{name}, {mode}": functools.partial(_run, make(body, jit_compile), arguments)
            for name, body in bodies.items()
            for mode, jit_compile in (("graph", False), ("XLA", True))
        }
        seconds = timing.interleaved(candidates, _ROUNDS)
        best = {
            name: 1e3 * min(seconds[f"{name}, graph"], seconds[f"{name}, XLA"]) for name in bodies
        }
        found.append(report.Row(case, metric, "ms", best.pop("ours"), best))
    return found


def _forward(body: Vertices, jit_compile: bool) -> Callable[..., tf.Tensor]:
    return tf.function(body, jit_compile=jit_compile)


def _gradient(body: Vertices, jit_compile: bool) -> Callable[..., list[tf.Tensor]]:
    @tf.function(jit_compile=jit_compile)
    def gradient(
        pose: tf.Tensor, shape: tf.Tensor, translation: tf.Tensor, cotangent: tf.Tensor
    ) -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch([pose, shape, translation])
            total = tf.reduce_sum(body(pose, shape, translation) * cotangent)
        return tape.gradient(total, [pose, shape, translation])

    return gradient


def _run(function: Callable[..., object], arguments: tuple[tf.Tensor, ...]) -> None:
    for tensor in tf.nest.flatten(function(*arguments)):
        tensor.numpy()  # waits for the device


def _vertices_function(body: BodyModel) -> Vertices:
    def vertices(pose: tf.Tensor, shape: tf.Tensor, translation: tf.Tensor) -> tf.Tensor:
        return body(pose=pose, shape=shape, translation=translation).vertices

    return vertices


def _inputs(batch: int) -> tuple[tuple[tf.Tensor, ...], tf.Tensor]:
    rng = np.random.default_rng(0)
    shapes = ((batch, NUM_JOINTS, 3), (batch, 16), (batch, 3), (batch, _NUM_VERTICES, 3))
    *inputs, cotangent = (tf.constant(rng.normal(0.0, 0.4, size), tf.float32) for size in shapes)
    return tuple(inputs), cotangent


def _check_agreement(bodies: dict[str, Vertices], inputs: tuple[tf.Tensor, ...]) -> None:
    ours, *peers = (tf.function(body)(*inputs).numpy() for body in bodies.values())
    for peer in peers:
        difference = float(np.abs(peer - ours).max())
        if difference > _TOLERANCE:
            raise RuntimeError(f"implementations differ by {difference:.2g} m; nothing was timed")


def _made_up_posedirs() -> np.ndarray:
    """Displacements of about 3 mm in a bent pose, the size of SMPL's."""
    shape = (_NUM_VERTICES, 3, 9 * (NUM_JOINTS - 1))
    return np.random.default_rng(1).normal(0.0, 1e-3, shape)


def in_smpl_pose(data: BodyData, posedirs: np.ndarray | None) -> BodyData:
    """Makes the native pose the zero pose: SMPL's layout has no rest rotations."""
    no_turn = np.tile(np.eye(3), (NUM_JOINTS, 1, 1))
    return dataclasses.replace(data, rest_rotations=no_turn, posedirs=posedirs)


def write_smpl_file(path: Path, data: BodyData) -> None:
    """Writes the body in SMPL's layout; the regressor gives the joints of every shape exactly."""
    num_vertices = len(data.template)
    known = np.concatenate(
        [
            data.template.T,
            np.moveaxis(data.shapedirs, 0, -1).reshape(-1, num_vertices),
            np.ones((1, num_vertices)),
        ]
    )
    wanted = np.concatenate(
        [
            data.template_joints.T,
            np.moveaxis(data.joint_shapedirs, 0, -1).reshape(-1, NUM_JOINTS),
            np.ones((1, NUM_JOINTS)),
        ]
    )
    posedirs = data.posedirs
    if posedirs is None:
        posedirs = np.zeros((num_vertices, 3, 9 * (NUM_JOINTS - 1)))
    fields = {
        "v_template": data.template,
        "shapedirs": data.shapedirs,
        "posedirs": posedirs,
        "J_regressor": np.linalg.lstsq(known, wanted, rcond=None)[0].T,
        "weights": data.weights,
        "kintree_table": np.array([PARENTS, range(NUM_JOINTS)]),
        "f": data.faces,
    }
    path.write_bytes(pickle.dumps(fields))
