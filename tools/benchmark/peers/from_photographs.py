"""3D joints from photographs: `hps photo`'s reconstruction and MediaPipe's pose landmarks.

The photographs are rendered: the people of the other comparisons with clothes, light and a
background. Both find the person by themselves and are told nothing of the camera. Compared are the
shoulders, elbows, wrists, hips, knees and ankles, seen from the middle of the hips; where these lie
within the body is each project's own convention, so neither can reach zero.

MediaPipe runs in a Python of its own: releases that hold their models (the last is 0.10.21) require
older packages than ours.
"""

import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from hps_tf import reconstruction
from hps_tf.body import load_default
from hps_tf.body.skeleton import KEYPOINT_NAMES
from hps_tf.data.synthetic import appearance, background, light
from hps_tf.data.synthetic.style import STYLES
from hps_tf.data.synthetic.surface import Surface
from hps_tf.errors import InputError
from hps_tf.evaluation.held_out_people import IMAGE_SIZE, People
from hps_tf.geometry import camera
from hps_tf.rendering.colour import to_uint8
from tools.benchmark.peers import mediapipe_landmarks
from tools.benchmark.peers.outcomes import Outcome, Truth, measure

JOINTS = tuple(
    f"{side}_{joint}"
    for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
    for side in ("left", "right")
)
_HIPS = [JOINTS.index("left_hip"), JOINTS.index("right_hip")]
_ENLARGED = 2
_STYLE = STYLES["a"]
_SEED = 77


def compare(
    people: People, mediapipe: Path | None, say: Callable[[str], None]
) -> list[dict[str, Any]]:
    """Renders the people and finds them.

    Args:
      people: The people.
      mediapipe: The Python that has MediaPipe; None leaves it out.
      say: Receives progress, one line at a time.

    Returns:
      Rows of `outcomes.measure`.
    """
    photographs, intrinsics = _paint(people)
    names = KEYPOINT_NAMES["coco17"]
    rows = [names.index(name) for name in JOINTS]
    body = load_default()
    points = body.keypoints(
        "coco17",
        rotation_matrices=people.rotation_matrices,
        shape=people.shape,
        translation=people.translation,
    ).numpy()[:, rows]
    seen = camera.project(points, intrinsics[None]).numpy()
    say("photographs: rendered")
    outcomes = [_ours(photographs, seen, rows)]
    if mediapipe is not None:
        outcomes.append(_by_mediapipe(photographs, mediapipe))
    truth = Truth(_from_hips(points), people.vertices, people.clips)
    say("photographs: done")
    return measure(outcomes, truth)


def _paint(people: People) -> tuple[np.ndarray, np.ndarray]:
    """Paints each person: `(N, S, S, 3)` uint8 photographs and their `(3, 3)` intrinsics."""
    body = load_default()
    surface, landmarks = Surface(body), appearance.Landmarks.of(body)
    size = _ENLARGED * IMAGE_SIZE[0]
    intrinsics = people.evidence.intrinsics[0].astype(np.float64)
    # Pixel centres are at integers.
    intrinsics[:2, 2] = (intrinsics[:2, 2] + 0.5) * _ENLARGED - 0.5
    intrinsics[[0, 1], [0, 1]] *= _ENLARGED
    photographs = []
    for row in range(len(people)):
        rng = np.random.default_rng((_SEED, row))
        vertices = body(
            rotation_matrices=people.rotation_matrices[row][None],
            shape=people.shape[row][None],
            translation=people.translation[row][None],
        ).vertices.numpy()[0]
        image = background.draw(rng, _STYLE, size).copy()
        lamp = light.draw(rng, _STYLE)
        outfit = appearance.draw(rng, _STYLE, landmarks)
        seen = surface.see(vertices, intrinsics, size)
        image[seen.mask] = to_uint8(lamp.shade(outfit.paint(seen.places), seen.normals))
        photographs.append(image)
    return np.stack(photographs), intrinsics.astype(np.float32)


def _ours(photographs: np.ndarray, seen: np.ndarray, rows: list[int]) -> Outcome:
    """The person found nearest to where somebody is; one photograph at a time."""
    reconstructor = reconstruction.load()
    reconstructor(photographs[0])
    joints = np.full((*seen.shape[:2], 3), np.nan)
    start = time.process_time()
    found = [reconstructor(photograph) for photograph in photographs]
    seconds = (time.process_time() - start) / len(photographs)
    for row, bodies in enumerate(found):
        if not len(bodies):
            continue
        apart = np.linalg.norm(bodies.fitted_keypoints_2d[:, rows] - seen[row], axis=-1)
        best = int(apart.mean(axis=1).argmin())
        points = bodies.body.keypoints(
            "coco17",
            pose=bodies.pose[best][None],
            shape=bodies.shape[best][None],
            translation=bodies.translation[best][None],
        )
        joints[row] = points.numpy()[0, rows]
    return Outcome("hps_tf, as hps photo", _from_hips(joints), seconds)


def _by_mediapipe(photographs: np.ndarray, python: Path) -> Outcome:
    with tempfile.TemporaryDirectory() as temporary:
        given, found = Path(temporary) / "photographs.npy", Path(temporary) / "found.npz"
        np.save(given, photographs)
        program = mediapipe_landmarks.__file__
        done = subprocess.run(
            [str(python), program, str(given), str(found)], capture_output=True, text=True
        )
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise InputError(f"--mediapipe {python}: expected MediaPipe to run, received: {reason}")
        with np.load(found) as file:
            joints, seconds = file["joints"], float(file["seconds"])
            version = str(file["version"])
    name = f"MediaPipe {version}, pose landmarks"
    return Outcome(name, _from_hips(joints), seconds, is_peer=True)


def _from_hips(points: np.ndarray) -> np.ndarray:
    """Puts the middle of the hips at the origin, and in front of the joints as their root."""
    middle = points[:, _HIPS].mean(axis=1, keepdims=True)
    return np.concatenate([np.zeros_like(middle), points - middle], axis=1)
