import numpy as np
import pytest

from hps_tf import priors
from hps_tf.body import load_small
from hps_tf.losses import alignment_loss, pack_part_pixels
from tools.draw_concepts import alignment, flow


def test_the_two_directions_of_the_flow_are_orthonormal_and_move_joints_most():
    prior, body = priors.load("cmu-6d-light"), load_small()
    directions = flow.latent_directions(prior, body)
    np.testing.assert_allclose(directions @ directions.T, np.eye(2), atol=1e-5)

    def motion(latents):
        vectors = prior.decode(np.concatenate([-latents, latents]).astype(np.float32))
        joints = body.joints(rotation_matrices=prior.space.to_matrices(vectors)).numpy()
        half = len(latents)
        return np.linalg.norm(joints[half:] - joints[:half], axis=-1).mean(axis=-1)

    others = np.random.default_rng(1).normal(size=(20, prior.latent_dim))
    others /= np.linalg.norm(others, axis=1, keepdims=True)
    assert motion(directions).min() > motion(others).mean()


@pytest.mark.parametrize("term", [0, 1])
def test_arrows_of_the_alignment_loss_lead_downhill(term):
    body = load_small()
    labels = np.zeros((32, 32), np.uint8)
    labels[8:20, 10:16] = 2
    points = np.random.default_rng(0).uniform(4, 28, (len(body.vertex_parts), 2))
    points = points.astype(np.float32)
    terms, pulls = alignment._terms_and_pulls(points, labels, body.vertex_parts)
    moved = points + 0.05 * pulls[term]
    after = alignment_loss(moved[None], pack_part_pixels(labels[None]), body.vertex_parts)
    assert float(after[term][0]) < float(terms[term][0])


def test_the_pictures_of_the_alignment_loss_differ():
    side = alignment._SIDE * alignment._SCALE
    figure = alignment.draw()
    first, step = 20, side + 6  # The margin; a picture and the gap beside it.
    row = figure[first : first + side]
    left, right = row[:, first : first + side], row[:, first + step : first + step + side]
    assert left.shape == right.shape == (side, side, 3)
    assert np.any(left != right)
