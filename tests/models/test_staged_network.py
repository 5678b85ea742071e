import dataclasses
import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from hps_tf.models import (
    PRESETS,
    GroundTruthEvidence,
    StagedNetwork,
    backbone,
    keypoint_module,
    pose_module,
)
from hps_tf.models.evidence_maps import draw_heatmaps, evidence_heatmaps
from hps_tf.models.staged_network import MODULES


def test_outputs_are_named_and_shaped(tiny, images):
    shapes = {name: tuple(value.shape) for name, value in tiny(images).items()}
    assert shapes == {
        "heatmaps_1": (2, 16, 16, 17),
        "heatmaps_2": (2, 16, 16, 17),
        "part_maps": (2, 16, 16, 15),
        "pose_1": (2, 132),
        "pose_2": (2, 132),
        "shape_1": (2, 16),
        "shape_2": (2, 16),
    }


def test_the_papers_pose_module_has_24_million_weights_in_its_stages_convolutions():
    module = pose_module.build(PRESETS["paper"], num_pose=126, num_shape=16)
    stages = [layer for layer in module.layers if "_conv" in layer.name or "_mix" in layer.name]
    assert len(stages) == 6 * 6
    kernels = sum(np.prod(layer.kernel.shape) for layer in stages)
    assert kernels == 6 * (5 * 7 * 7 * 128 * 128 + 128 * 128) == 24_182_784


@pytest.mark.parametrize(("name", "count"), [("tiny", 741_857), ("small", 2_533_084)])
def test_small_presets_have_so_many_parameters(name, count, prior):
    assert StagedNetwork(PRESETS[name], prior, 16).num_parameters == count


def test_later_pose_stages_add_to_earlier_ones(prior):
    network = StagedNetwork(PRESETS["tiny"], prior, 16)
    x = np.random.default_rng(0).uniform(size=(1, 64, 64, 3)).astype(np.float32)
    head = network.pose.get_layer("pose_2")
    head.kernel.assign(tf.zeros_like(head.kernel))
    outputs = network(x)
    np.testing.assert_allclose(outputs["pose_2"], outputs["pose_1"])


def test_the_pose_module_does_not_see_the_image(tiny):
    assert set(tiny.pose.input) == {"heatmaps", "part_maps"}


def _receptive_field(model, inputs, output, size):
    """Side of the square of input pixels that the output's middle depends on."""
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        maps = output(model(inputs))
        middle = tf.reduce_sum(maps[:, maps.shape[1] // 2, maps.shape[2] // 2])
    gradient = np.abs(tape.gradient(middle, inputs).numpy()).sum(axis=(0, 3))
    rows = np.flatnonzero(gradient.sum(axis=1) > 0)
    assert rows.min() > 0 or rows.max() < size - 1 or len(rows) == size
    return rows.max() - rows.min() + 1


def test_receptive_field_of_the_plain_stack_is_that_of_its_layers():
    options = dataclasses.replace(PRESETS["tiny"], image_size=128)
    x = tf.random.stateless_uniform((1, 128, 128, 3), (0, 1))
    found = _receptive_field(backbone.build(options), x, lambda maps: maps, 128)
    # 3x3 at stride 1, two 3x3 at 2, two 3x3 at 4, with a pooling by 2 between.
    assert found == 1 + 2 + 1 + 2 * 2 * 2 + 2 + 2 * 2 * 4


def test_receptive_field_of_a_keypoint_stage_grows_by_its_kernels():
    options = dataclasses.replace(PRESETS["tiny"], image_size=256)
    x = tf.random.stateless_uniform((1, 64, 64, 32), (0, 1))
    module = keypoint_module.build(options)
    first = _receptive_field(module, x, lambda out: out["heatmaps_1"], 64)
    second = _receptive_field(module, x, lambda out: out["heatmaps_2"], 64)
    assert first == 1 + 2 * 2
    assert second == first + 2 * 4


def test_heatmaps_as_evidence_peak_at_one_for_a_target():
    grid = np.arange(16) - 8.0
    logits = -0.5 * (grid**2 + grid[:, np.newaxis] ** 2)
    evidence = evidence_heatmaps(tf.constant(logits[np.newaxis, ..., np.newaxis], tf.float32))
    np.testing.assert_allclose(evidence[0, 8, 8, 0], 1.0, atol=1e-3)


def test_modules_can_be_frozen_one_by_one(prior):
    network = StagedNetwork(PRESETS["tiny"], prior, 16)
    total = len(network.trainable_variables)
    assert tuple(network.modules) == MODULES
    network.keypoints.trainable = False
    assert len(network.trainable_variables) == total - len(network.keypoints.weights)


def test_the_priors_weights_are_not_the_networks(tiny, prior):
    mine = {id(weight) for weight in tiny.weights}
    assert not mine & {id(weight) for weight in prior.weights}


def test_any_model_of_keras_applications_can_be_the_backbone(prior):
    options = dataclasses.replace(
        PRESETS["small"], backbone="MobileNetV3Small", image_size=128, feature_stride=8
    )
    network = StagedNetwork(options, prior, 16)
    assert network(np.zeros((1, 128, 128, 3), np.float32))["part_maps"].shape == (1, 32, 32, 15)


@pytest.mark.parametrize("name", ["VGG99", "preprocess_input", "layers"])
def test_unknown_backbones_are_refused(name):
    options = dataclasses.replace(PRESETS["small"], backbone=name)
    with pytest.raises(ValueError, match="`backbone`"):
        backbone.build(options)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pose_output": "euler"}, "`pose_output`: expected one of latent, axis_angle, 6d"),
        ({"map_stride": 3}, "`map_stride`: expected a divisor"),
        ({"image_size": 60}, "`image_size`: expected a multiple of 8, received 60"),
        ({"blocks": ((8, 1),)}, "`blocks`: expected 3 for a stride of 4, received 1"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(PRESETS["tiny"], **changes)


def test_mixed_precision_gives_float32_outputs(prior, images):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        network = StagedNetwork(PRESETS["tiny"], prior, 16)
        outputs = network(images)
    finally:
        keras.config.set_dtype_policy("float32")
    assert {value.dtype for value in outputs.values()} == {tf.float32}
    assert network.backbone.get_layer("block1_conv1").compute_dtype == "bfloat16"


def test_over_movenet_parts_and_pose_alone_are_the_networks(photo, large_images):
    assert tuple(photo.modules) == ("parts", "pose")
    mine = {id(weight) for weight in photo.weights}
    assert not mine & {id(weight) for model in photo.frozen for weight in model.weights}
    assert photo.front.model in photo.frozen
    assert photo.num_parameters == photo.parts.count_params() + photo.pose.count_params()
    assert {name: tuple(value.shape) for name, value in photo(large_images).items()} == {
        "heatmaps_1": (2, 64, 64, 17),
        "keypoints_2d": (2, 17, 2),
        "confidence": (2, 17),
        "part_maps": (2, 64, 64, 15),
    }


def test_over_movenet_the_part_module_sees_the_one_person_that_is_decoded(photo, large_images):
    seen = photo.look(large_images)
    moved = seen | {"keypoints_2d": seen["keypoints_2d"] + 40.0}
    everybody = seen | {"heatmaps_1": seen["heatmaps_1"] + 5.0}
    maps, others, same = (
        photo.interpret(each)["part_maps"].numpy() for each in (seen, moved, everybody)
    )
    assert np.abs(others - maps).max() > 1e-3
    np.testing.assert_array_equal(same, maps)


def test_looking_and_interpreting_are_the_whole(photo, tiny, images, large_images):
    for network, some in ((tiny, images), (photo, large_images)):
        whole, parts = network(some), network.interpret(network.look(some))
        assert whole.keys() == parts.keys()
        for name, value in whole.items():
            np.testing.assert_allclose(value, parts[name], atol=1e-4, err_msg=name)


def test_known_keypoints_take_the_place_of_those_found(photo, large_images):
    labels = np.random.default_rng(0).uniform(0, 255, (2, 17, 2)).astype(np.float32)
    known = GroundTruthEvidence.from_labels(
        tf.constant([True, False]), labels, tf.ones((2, 17)), tf.zeros((2, 64, 64), tf.int32), 4
    )
    outputs = photo(large_images)
    detected = photo.detected(outputs, known)
    np.testing.assert_array_equal(detected.keypoints_2d[0], labels[0])
    np.testing.assert_array_equal(detected.keypoints_2d[1], outputs["keypoints_2d"][1])
    np.testing.assert_array_equal(detected.confidence[0], np.ones(17))


def test_drawn_heatmaps_peak_at_keypoints_as_high_as_the_weights():
    keypoints = tf.constant([[[9.5, 25.5]] * 17])
    maps = draw_heatmaps(keypoints, tf.fill((1, 17), 0.7), map_size=16, map_stride=4).numpy()
    rows, columns = np.unravel_index(maps[0, :, :, 3].argmax(), (16, 16))
    # The centre of a map's pixel i lies at 4 i + 1.5.
    assert (columns, rows) == (2, 6)
    np.testing.assert_allclose(maps[0, 6, 2], np.full(17, 0.7), atol=1e-6)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"keypoints": "openpose"}, "`keypoints`: expected one of trained, movenet"),
        ({"pose": "conv"}, "`pose`: expected one of convolutional, lifting"),
        ({"image_size": 128}, "`image_size`: expected 256 with movenet, received 128"),
        ({"pose_output": "latent"}, "`pose_output`: expected '6d' with lifting, received 'latent'"),
        ({"lifting_width": 0}, "`lifting_width`: expected a number above 0, received 0"),
    ],
)
def test_options_of_the_front_end_that_do_not_fit_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        PRESETS["photo"].replaced(**changes)


@pytest.mark.parametrize(
    ("keypoints", "pose"), [("movenet", "convolutional"), ("trained", "lifting")]
)
def test_the_kinds_of_modules_go_with_each_other(keypoints, pose, prior, large_images):
    preset = PRESETS["photo"] if keypoints == "movenet" else PRESETS["small"]
    changes = {"keypoints": keypoints, "pose": pose}
    if pose == "lifting":
        changes |= {"pose_output": "6d", "pose_stages": 1, "lifting_width": 8, "lifting_blocks": 1}
    else:
        changes |= {"pose_stride": 8, "pose_layers": 1, "pose_maps": 8, "pose_kernel": 3}
    network = StagedNetwork(preset.replaced(**changes), prior, 16)
    size = network.options.image_size
    outputs = network(large_images[:, :size, :size])
    assert outputs["part_maps"].shape == (2, network.options.map_size, network.options.map_size, 15)
    assert ("pose_1" in outputs) == (pose == "convolutional")


def test_plain_arguments_name_preset_and_prior(tiny):
    network = StagedNetwork("tiny", prior="cmu-6d-light")
    assert network.options == tiny.options
    assert network.num_parameters == tiny.num_parameters
    with pytest.raises(ValueError, match=r"`options`: expected one of paper, .*received"):
        StagedNetwork("huge")


def test_config_builds_the_same_network(tiny, photo):
    for network in (tiny, photo):
        config = json.loads(json.dumps(network.get_config()))
        again = StagedNetwork.from_config(config)
        assert again.options == network.options
        assert again.get_config() == network.get_config()
        shapes = [tuple(weight.shape) for weight in network.weights]
        assert [tuple(weight.shape) for weight in again.weights] == shapes


def test_neither_prior_nor_front_end_count_as_the_networks(photo):
    own = {id(weight) for module in photo.modules.values() for weight in module.weights}
    assert {id(weight) for weight in photo.weights} == own
