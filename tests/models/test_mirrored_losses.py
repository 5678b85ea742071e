"""Labels and people of an image and of its mirror image have the same losses."""

import types

import numpy as np
import pytest
import tensorflow as tf

from hps_tf.body import load_default
from hps_tf.body.mirror import mirror_rotation_matrices
from hps_tf.body.parts import MIRROR_PARTS
from hps_tf.body.skeleton import COCO17_NAMES, mirror_permutation
from hps_tf.data.images.augmentation import Augmentation
from hps_tf.data.images.image_batches import ImageBatches
from hps_tf.data.images.image_dataset import ImageDataset
from hps_tf.data.images.image_sources import Mix, Source
from hps_tf.geometry import rotation_6d
from hps_tf.models import PRESETS, BodyDecoder, TotalLoss, loss_terms, soft_argmax
from hps_tf.models.pose_code import PoseCode
from hps_tf.priors import pose_space
from tests import loaded_once
from tests.data import rendered_images

COUNT = 4
ROOT_SIGNS = np.diag([-1.0, 1.0, 1.0]).astype(np.float32)


@pytest.fixture(scope="module")
def batches(tmp_path_factory):
    """A batch of images with all labels, and the same seen in a mirror."""
    directory = rendered_images.write(tmp_path_factory.mktemp("images") / "synthetic", train=COUNT)

    def batch(flip):
        settings = Augmentation(1.0, 0.0, 0.0, 0.0, flip, 0.0, 0.0, 0.0)
        source = Source(ImageDataset(directory, "train"))
        made = ImageBatches([source], [Mix(0, (1.0,))], COUNT, 64, 16, settings, seed=0)
        return made.batch(tf.constant(0, tf.int64))

    return batch(0.0), batch(1.0)


@pytest.fixture(scope="module")
def options():
    return PRESETS["tiny"].replaced(pose_output="6d")


@pytest.fixture(scope="module")
def decoder(options):
    return BodyDecoder(options, load_default(num_vertices=3000), loaded_once.prior("cmu-6d-light"))


def _raw(options, decoder):
    """What a network might say of the images, and what the same says of their mirror images."""
    rng = np.random.default_rng(0)
    raw, mirrored = {}, {}
    space = pose_space.get("6d")
    code = PoseCode("6d", loaded_once.prior("cmu-6d-light"))
    mode = code.mode
    for stage in range(1, options.keypoint_stages + 1):
        maps = rng.normal(size=(COUNT, 16, 16, 17)).astype(np.float32)
        raw[f"heatmaps_{stage}"] = maps
        mirrored[f"heatmaps_{stage}"] = maps[:, :, ::-1][..., mirror_permutation(COCO17_NAMES)]
    maps = rng.normal(size=(COUNT, 16, 16, 15)).astype(np.float32)
    raw["part_maps"], mirrored["part_maps"] = maps, maps[:, :, ::-1][..., list(MIRROR_PARTS)]
    for stage in range(1, options.pose_stages + 1):
        root = rotation_6d.to_matrix(rng.normal(size=(COUNT, 6)).astype(np.float32))
        vector = 0.3 * rng.normal(size=(COUNT, space.dim)).astype(np.float32)
        turned = mirror_rotation_matrices(code.to_matrices(vector))
        for into, base, pose in (
            (raw, root, vector),
            (mirrored, ROOT_SIGNS @ root @ ROOT_SIGNS, space.from_matrices(turned) - mode),
        ):
            six = rotation_6d.from_matrix(base) - rotation_6d.from_matrix(tf.eye(3))
            into[f"pose_{stage}"] = tf.concat([six, pose], axis=1)
        shape = rng.normal(size=(COUNT, 16)).astype(np.float32)
        raw[f"shape_{stage}"] = mirrored[f"shape_{stage}"] = shape
    return raw, mirrored


def test_losses_are_the_same_in_a_mirror(options, decoder, batches):
    # The bodies of the conv module have no deviations, which surprise needs.
    names = loss_terms().keys() - {"smoothness", "pose_prior", "surprise"}
    values = []
    for batch, raw in zip(batches, _raw(options, decoder), strict=True):
        network = _Said(raw, options)
        terms = TotalLoss(network, decoder, names)(batch)
        assert terms.keys() == names
        values.append({name: term.values.numpy() for name, term in terms.items()})
    straight, mirrored = values
    for name in names:
        assert straight[name].std() > 0, name
        # Parts are aligned with the nearest vertices, and these are no mirror images of each other.
        rtol = 1e-2 if "part_alignment" in name else 1e-3
        np.testing.assert_allclose(mirrored[name], straight[name], rtol=rtol, err_msg=name)


def test_a_mirrored_label_with_the_wrong_side_is_noticed(options, decoder, batches):
    raw, _ = _raw(options, decoder)
    names = frozenset(("heatmaps", "part_maps", "vertices", "pose", "keypoint_alignment"))
    network = _Said(raw, options)
    straight, mirrored = (TotalLoss(network, decoder, names)(batch) for batch in batches)
    for name in names:
        assert np.abs(mirrored[name].values / straight[name].values - 1).max() > 0.01, name


class _Said(types.SimpleNamespace):
    """In the place of a network: says what it was told to."""

    def __init__(self, raw, options):
        super().__init__(raw=raw, options=options, prior=loaded_once.prior("cmu-6d-light"))

    def __call__(self, images, training, ground_truth):
        return dict(self.raw)

    def detected(self, outputs):
        heatmaps = outputs[f"heatmaps_{self.options.keypoint_stages}"]
        return soft_argmax(heatmaps, self.options.map_stride)
