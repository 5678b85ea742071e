import numpy as np
import pytest
import tensorflow as tf

from hps_tf.data.images.image_batches import ImageBatches
from hps_tf.data.images.image_dataset import ImageDataset
from hps_tf.data.images.image_sources import Mix, Source
from hps_tf.losses import weighted_sum
from hps_tf.models import BodyDecoder, LossInputs, LossTerm, TotalLoss, loss_terms, register_term
from tests.data import rendered_images

COUNT = 4


@pytest.fixture(scope="module")
def batch(tmp_path_factory):
    directory = rendered_images.write(tmp_path_factory.mktemp("images") / "all", train=COUNT)
    source = Source(ImageDataset(directory, "train"))
    made = ImageBatches([source], [Mix(0, (1.0,))], COUNT, 64, 16, None, seed=0)
    return made.batch(tf.constant(0, tf.int64))


@pytest.fixture(scope="module")
def decoder(tiny, body, prior):
    return BodyDecoder(tiny.options, body, prior)


def test_terms_that_need_maps_alone_estimate_no_body(tiny, decoder, batch):
    inputs = LossInputs(tiny, decoder, batch)
    for name in ("heatmaps", "part_maps"):
        assert np.isfinite(loss_terms()[name](inputs).values).all()
    assert "people" not in vars(inputs)


def test_each_term_masks_by_the_label_that_it_needs(tiny, decoder, batch):
    mixed = batch._replace(has_pose=tf.constant([1.0, 0.0, 1.0, 0.0]), has_parts=tf.zeros(COUNT))
    terms = TotalLoss(tiny, decoder, ["pose", "part_maps", "shape_prior"])(mixed)
    np.testing.assert_array_equal(terms["pose"].is_labelled, [1, 0, 1, 0])
    assert not terms["part_maps"].is_labelled.numpy().any()
    assert terms["shape_prior"].is_labelled.numpy().all()


def test_pose_and_shape_are_means_over_the_stages(tiny, decoder, batch):
    inputs = LossInputs(tiny, decoder, batch)
    found = loss_terms()["shape"](inputs).values
    each = [
        tf.reduce_mean(tf.square(inputs.outputs[f"shape_{stage}"] - batch.shape), 1)
        for stage in (1, 2)
    ]
    np.testing.assert_allclose(found, (each[0] + each[1]) / 2, rtol=1e-5)


def test_each_stage_has_a_gradient(tiny, decoder, batch):
    with tf.GradientTape() as tape:
        inputs = LossInputs(tiny, decoder, batch)
        stages = [inputs.outputs[name] for name in ("pose_1", "pose_2", "shape_1", "shape_2")]
        terms = loss_terms()
        total = sum(tf.reduce_sum(terms[name](inputs).values) for name in ("vertices", "shape"))
    for gradient in tape.gradient(total, stages):
        assert float(tf.reduce_max(tf.abs(gradient))) > 0


def test_unlabelled_images_train_pose_by_the_networks_own_evidence(tiny, decoder, batch):
    none = dict.fromkeys(("has_keypoints", "has_parts", "has_pose"), tf.zeros(COUNT))
    names = ["self_keypoint_alignment", "self_part_alignment"]
    with tf.GradientTape() as tape:
        terms = TotalLoss(tiny, decoder, names)(batch._replace(**none))
        total, _ = weighted_sum(terms, dict.fromkeys(names, 1.0))
    gradients = tape.gradient(total, [w.value for w in tiny.pose.trainable_variables])
    assert max(float(tf.reduce_max(tf.abs(g))) for g in gradients if g is not None) > 0


def test_a_name_without_a_term_is_refused(tiny, decoder):
    with pytest.raises(
        ValueError, match=r"`names`: expected terms of heatmaps, .* received vertex"
    ):
        TotalLoss(tiny, decoder, ["pose", "vertex"])


def test_a_registered_term_does_not_replace_another():
    with pytest.raises(ValueError, match="received 'pose', which is taken"):
        register_term("pose", LossTerm(lambda inputs: inputs.batch.has_pose))
