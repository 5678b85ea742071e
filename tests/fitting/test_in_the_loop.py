import numpy as np
import pytest
import tensorflow as tf

from hps_tf.body import load_default
from hps_tf.data.images.image_batches import ImageBatches
from hps_tf.data.images.image_dataset import ImageDataset
from hps_tf.data.images.image_sources import Mix, Source
from hps_tf.fitting import in_the_loop
from hps_tf.models import PRESETS, BodyDecoder, StagedNetwork, TotalLoss
from tests import loaded_once
from tests.data import rendered_images

COUNT = 4


@pytest.mark.slow
def test_fits_are_nearer_to_the_labelled_keypoints_and_only_there(tmp_path):
    directory = rendered_images.write(tmp_path / "images", train=COUNT)
    source = Source(ImageDataset(directory, "train"))
    batches = ImageBatches([source], [Mix(0, (1.0,))], COUNT, 64, 16, None, seed=0)
    batch = batches.batch(tf.constant(0, tf.int64))
    batch = batch._replace(has_keypoints=tf.constant([1.0, 1.0, 1.0, 0.0]))
    body, prior = load_default(3000), loaded_once.prior("cmu-6d-light")
    network = StagedNetwork(PRESETS["tiny"], prior, body.num_shape)
    decoder = BodyDecoder(network.options, body, prior)
    terms = in_the_loop.loss_terms(body, network)
    assert terms.keys() == set(in_the_loop.TERMS)
    loss = TotalLoss(network, decoder, in_the_loop.TERMS, terms)
    found = tf.function(loss)(batch)
    is_better = found["fitted_vertices"].is_labelled.numpy()
    assert is_better[:3].sum() >= 2
    assert not is_better[3]
    assert all(np.isfinite(term.values).all() for term in found.values())
