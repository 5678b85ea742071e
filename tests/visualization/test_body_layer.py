import numpy as np
import pytest

from hps_tf.body import load_default
from hps_tf.visualization import body_layer

SIZE = (90, 120)
CAMERA = np.array([[150.0, 0, 59.5], [0, 150, 44.5], [0, 0, 1]])
COLOURS = np.array([[0.2, 0.5, 0.9], [0.9, 0.6, 0.1]])


@pytest.fixture(scope="module")
def body():
    return load_default(3000)


@pytest.fixture(scope="module")
def pair(body):
    """Two people, one partly before the other, turned."""
    pose = np.random.default_rng(0).normal(0, 0.3, (2, 24, 3)).astype(np.float32)
    pose[:, 0] = [(np.pi, 0, 0), (2.2, 1.8, 0)]
    place = np.array([[0.0, 0, 3.5], [0.3, 0.1, 4.0]], np.float32)
    return body(pose=pose, translation=place).vertices.numpy()


def _painted(vertices, faces):
    layer = body_layer.paint(vertices, faces, CAMERA, SIZE, colours=COLOURS, opacity=0.6)
    return layer.over(np.full((*SIZE, 3), 255, np.uint8)).astype(int)


def test_triangles_that_face_away_are_never_seen(monkeypatch, body, pair):
    painted = _painted(pair, body.faces)
    towards = []
    monkeypatch.setattr(
        body_layer, "_towards", lambda vertices, faces: towards.append(1) or np.arange(len(faces))
    )
    every = _painted(pair, body.faces)
    assert towards
    assert (np.abs(painted - every).max(axis=2) > 8).mean() < 0.002


def test_corners_may_be_counted_either_way_round(body, pair):
    joined = pair.reshape(-1, 3)[: len(pair[0])]
    count = len(body_layer._towards(joined, body.faces))
    assert 0.3 < count / len(body.faces) < 0.7
    assert len(body_layer._towards(joined, body.faces[:, ::-1])) == count


def test_a_body_around_the_camera_is_painted_from_within(body, pair):
    around = pair[:1] - pair[:1].mean(axis=1, keepdims=True)
    assert len(body_layer._towards(around[0], body.faces)) == len(body.faces)
