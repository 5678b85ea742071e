import numpy as np
import pytest
import tensorflow as tf

from hps_tf.metrics import vertex_error

PEOPLE, VERTICES = 3, 50


def surfaces(seed):
    """Random vertices and root of each person."""
    rng = np.random.default_rng(seed)
    vertices = rng.normal(size=(PEOPLE, VERTICES, 3)).astype(np.float32)
    return vertices, rng.normal(size=(PEOPLE, 3)).astype(np.float32)


def test_error_equals_its_definition():
    (found, root), (true, true_root) = surfaces(0), surfaces(1)
    expected = [
        np.mean(
            [
                np.linalg.norm((found[p, v] - root[p]) - (true[p, v] - true_root[p]))
                for v in range(VERTICES)
            ]
        )
        for p in range(PEOPLE)
    ]
    error = vertex_error.mpvpe(found, root, true, true_root).numpy()
    np.testing.assert_allclose(error, expected, rtol=1e-5)


def test_where_people_stand_does_not_count():
    vertices, root = surfaces(0)
    step = np.float32([1, -2, 3])
    error = vertex_error.mpvpe(vertices + step, root + step, vertices, root).numpy()
    np.testing.assert_allclose(error, 0, atol=1e-6)


def test_compiled_equals_eager():
    arguments = (*surfaces(0), *surfaces(1))
    compiled = tf.function(vertex_error.mpvpe, jit_compile=True)(*map(tf.constant, arguments))
    eager = vertex_error.mpvpe(*arguments)
    np.testing.assert_allclose(compiled.numpy(), eager.numpy(), rtol=1e-5)


def test_differing_meshes_are_refused():
    vertices, root = surfaces(0)
    with pytest.raises(ValueError, match=r"`target`: expected shape"):
        vertex_error.mpvpe(vertices, root, vertices[:, 1:], root)
