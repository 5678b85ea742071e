import numpy as np
import pytest
import tensorflow as tf

from hps_tf.losses import pack_part_pixels
from tools.benchmark import (
    alignment,
    alignment_peers,
    alignment_people,
    alignment_ties,
    pytorch,
    timing,
)

PEERS = {"scipy, 1 thread": alignment_peers.scipy_trees(1)}


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(alignment, "_SIZES", (48,))
    monkeypatch.setattr(alignment, "_NUM_VERTICES", (6890,))
    monkeypatch.setattr(alignment, "_BATCH", 2)
    monkeypatch.setattr(alignment, "_NUM_BATCHES", 1)
    monkeypatch.setattr(alignment, "_ROUNDS", 1)


@pytest.fixture(scope="module")
def people():
    return alignment_people.make(2, 48, 6890, seed=0)


def test_rows_name_the_case_and_the_better_of_two_runs(small, monkeypatch):
    seconds = {"packing+forward+gradient": 0.4, "packing": 0.1, "forward+gradient": 0.2}
    seconds |= {"scipy, 1 thread": 0.9, "scipy, all threads": 0.7, "torch": 2.0}
    peers = dict.fromkeys(("scipy, 1 thread", "scipy, all threads", "torch"))
    monkeypatch.setattr(alignment, "_peers", lambda: peers)
    monkeypatch.setattr(timing, "interleaved", lambda candidates, rounds: seconds)
    monkeypatch.setattr(alignment, "_limit", lambda batches: 0.5)
    whole, packing, loss, limit, memory = alignment.rows()
    assert whole.case == "48x48 pixels, 6890 vertices"
    assert (whole.ours, packing.ours, loss.ours) == (200.0, 50.0, 100.0)  # ms an image of two
    assert whole.peers == {"scipy": 700.0, "torch": 2000.0}
    assert (limit.ours, limit.unit) == (0.5, "ms/image")
    assert memory.metric == "peak memory growth"
    assert memory.unit == "MiB"


def test_every_candidate_is_timed(small, monkeypatch):
    monkeypatch.setattr(alignment, "_peers", lambda: PEERS)
    monkeypatch.setattr(timing, "_SAMPLE_SECONDS", 1e-6)
    found = alignment.rows()
    assert all(row.ours > 0 for row in found[:3])
    assert found[0].peers["scipy"] > 0


def test_wrong_loss_is_not_timed(people):
    loss = alignment._loss_function(people.vertex_parts)
    alignment._check_agreement(loss, people)

    def wrong(vertices, packed):
        value, gradient = loss(vertices, packed)
        return value * 1.001, gradient

    with pytest.raises(RuntimeError, match=r"differs from SciPy's by 0\.001; nothing was timed"):
        alignment._check_agreement(wrong, people)


@pytest.fixture(scope="module")
def tied(people):
    """The people with a vertex of the first image half-way between two pixels of its part."""
    labels = people.part_labels[0]
    is_pair = (labels[:-1] == labels[1:]) & (labels[1:] > 0)
    y, x = np.argwhere(is_pair)[0]
    vertex = np.flatnonzero(people.vertex_parts == labels[y, x])[0]
    vertices = people.vertices_2d.copy()
    vertices[0, vertex] = x, y + 0.5
    return people._replace(vertices_2d=vertices), vertex


def test_vertex_between_two_pixels_is_tied(people, tied):
    tied_people, vertex = tied
    assert alignment_ties.tied_vertices(tied_people, 0)[vertex]
    assert alignment_ties.tied_vertices(tied_people, 0).sum() < 20
    assert not alignment_ties.tied_vertices(people, 0)[vertex]


def test_all_vertices_nearest_to_a_pixel_are_tied(people):
    pixel = np.argwhere(people.part_labels[0])[0]
    part = people.part_labels[0][tuple(pixel)]
    own = np.flatnonzero(people.vertex_parts == part)[:3]
    vertices = people.vertices_2d.copy()
    vertices[0, own] = pixel[::-1] + np.array([[1, 0], [0, 1], [-1, 0]]) / 64
    assert alignment_ties.tied_vertices(people._replace(vertices_2d=vertices), 0)[own].all()


def test_either_subgradient_of_a_tie_is_accepted(tied):
    people, vertex = tied
    loss = alignment._loss_function(people.vertex_parts)
    alignment._check_agreement(loss, people)

    def change(number):
        def changed(vertices, packed):
            value, gradient = loss(vertices, packed)
            moved = gradient.numpy()
            moved[0, number, 1] += 2.0  # from one pixel's pull to the other's
            return value, tf.constant(moved)

        return changed

    alignment._check_agreement(change(vertex), people)
    is_tied = alignment_ties.tied_vertices(people, 0)
    with pytest.raises(RuntimeError, match=r"differs from SciPy's by 0\.\d+; nothing was timed"):
        alignment._check_agreement(change(np.flatnonzero(~is_tied)[0]), people)


@pytest.mark.skipif(bool(pytorch.missing(("torch",))), reason="torch isn't installed")
def test_pytorch_computes_the_same(people):
    pytorch.prepare(num_threads=1)
    value, gradient = alignment_peers.torch_cdist()(people, 1)
    expected, expected_gradient = PEERS["scipy, 1 thread"](people, 1)
    assert value == pytest.approx(expected, rel=1e-5)
    np.testing.assert_allclose(gradient, expected_gradient, atol=1e-3)


def test_distances_are_counted_within_each_part(people):
    packed = pack_part_pixels(people.part_labels)
    expected = 0
    for image, labels in enumerate(people.part_labels):
        nearest = np.rint(people.vertices_2d[image]).astype(int).clip(0, 47)
        for part in range(1, 15):
            own = people.vertex_parts == part
            off = labels[nearest[own, 1], nearest[own, 0]] != part
            rim = packed.boundary.counts[image][packed.boundary.parts[image] == part].numpy().sum()
            expected += own.sum() * (labels == part).sum() + off.sum() * rim
    assert alignment._num_distances(people) == pytest.approx(expected / 2)


def test_people_have_more_vertices_on_request():
    people = alignment_people.make(1, 48, 7000, seed=0)
    assert people.vertices_2d.shape == (1, 7000, 2)
    assert people.vertex_parts.shape == (7000,)
    inside = (people.vertices_2d > 0) & (people.vertices_2d < 47)
    assert inside.mean() > 0.9
    assert set(np.unique(people.part_labels)) <= set(range(15))
