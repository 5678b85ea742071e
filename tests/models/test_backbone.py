import keras
import numpy as np
import pytest

from hps_tf.models import PRESETS, register_backbone
from hps_tf.models.backbone import build, load_weights

SMALL = PRESETS["small"]


def stack(image, options):
    x = image
    for _ in range(options.feature_stride.bit_length() - 1):
        x = keras.layers.Conv2D(4, 3, 2, "same", activation="relu")(x)
    return x


def other(image, options):
    return image


def test_a_registered_stack_is_a_backbone():
    register_backbone("strided", stack)
    register_backbone("strided", stack)
    features = build(SMALL.replaced(backbone="strided"))(np.zeros((1, 128, 128, 3), np.float32))
    assert features.shape == (1, 16, 16, SMALL.feature_maps)
    with pytest.raises(ValueError, match="received 'strided', which is taken"):
        register_backbone("strided", other)


def test_features_of_another_stride_are_refused():
    register_backbone("unchanged", other)
    with pytest.raises(ValueError, match=r"expected features of 16 by 16 .* received 128 by 128"):
        build(SMALL.replaced(backbone="unchanged"))


@pytest.mark.parametrize(
    ("name", "module"),
    [("MobileNetV2", "mobilenet_v2"), ("ResNet50", "resnet")],
)
def test_a_family_sees_what_it_was_trained_on(name, module):
    images = np.random.default_rng(0).uniform(size=(1, 64, 64, 3)).astype(np.float32)
    options = SMALL.replaced(backbone=name, backbone_input="family", image_size=64)
    model = build(options)
    expected = getattr(keras.applications, module).preprocess_input(255.0 * images)
    features = model.get_layer("features")(model.get_layer(name)(expected))
    np.testing.assert_allclose(model(images), features, rtol=1e-3, atol=1e-4)


def test_pretrained_weights_are_those_of_the_file(tmp_path):
    options = SMALL.replaced(backbone="MobileNetV3Small", backbone_input="family")
    shape = (options.image_size, options.image_size, 3)
    keras.utils.set_random_seed(1)
    donor = keras.applications.MobileNetV3Small(include_top=False, weights=None, input_shape=shape)
    path = str(tmp_path / "donor.weights.h5")
    donor.save_weights(path)
    model = build(options)
    load_weights(model, options, path)
    inner = model.get_layer("MobileNetV3Small")
    assert len(inner.weights) > 20
    for mine, theirs in zip(inner.weights, donor.weights, strict=False):
        np.testing.assert_array_equal(mine, theirs)


def test_plain_backbones_have_no_pretrained_weights():
    with pytest.raises(ValueError, match=r"`backbone`: expected .* received 'plain'"):
        load_weights(build(SMALL), SMALL, "imagenet")
