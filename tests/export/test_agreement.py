import numpy as np
import pytest

from export import agreement, loaders, onnx_functions

HALF_A_TURN = np.array([[[np.pi, 0.0, 0.0]]], np.float32)
LOSS = np.array([5.0, 3.0], np.float32)


def agrees(loader, signature, **outputs):
    """Whether answers agree with the expected ones: `(answer, expected)` by name."""
    answer = {name: pair[0] for name, pair in outputs.items()}
    expected = {name: pair[1] for name, pair in outputs.items()}
    return [each.agrees for each in agreement.compare(loader, signature, answer, expected)]


@pytest.mark.parametrize(("signature", "is_fit"), [("fit_keypoints", True), ("predict", False)])
def test_fits_agree_where_their_losses_are_within_a_quarter(signature, is_fit):
    joints = np.zeros((2, 24, 3), np.float32)
    std = np.full((2, 24), 0.1, np.float32)
    near = {"loss": (1.2 * LOSS, LOSS), "joints": (joints + 0.04, joints)}
    far = {"loss": (1.4 * LOSS, LOSS), "joints": (joints + 0.2, joints)}
    near["joint_std"], far["joint_std"] = (1.2 * std, std), (1.4 * std, std)
    assert agrees("C API", signature, **near) == [is_fit] * 3
    assert agrees("C API", signature, **far) == [False] * 3


def test_other_answers_agree_within_single_precision():
    latent = np.ones((2, 63), np.float32)
    (close,) = agreement.compare("C API", "encode", {"x": latent + 5e-5}, {"x": latent})
    (off,) = agreement.compare("C API", "encode", {"x": latent + 5e-4}, {"x": latent})
    assert (close.agrees, off.agrees) == (True, False)
    assert (off.loader, off.output) == ("C API", "encode.x")
    assert off.max_error == pytest.approx(5e-4, rel=1e-2)


def test_poses_are_compared_as_rotations():
    assert agrees("C API", "decode", pose=(-HALF_A_TURN, HALF_A_TURN)) == [True]


def test_what_is_missing_or_of_another_shape_does_not_agree():
    expected = {"joints": np.zeros((2, 24, 3)), "loss": LOSS}
    found = agreement.compare("C API", "refine", {"joints": np.zeros((1, 24, 3))}, expected)
    assert [(each.agrees, each.max_error) for each in found] == [(False, np.inf)] * 2


def test_few_labels_may_differ():
    labels = np.zeros(2_000, np.uint8)
    one, many = labels.copy(), labels.copy()
    one[0], many[:5] = 1, 1
    assert agrees("C API", "predict", labels=(one, labels)) == [True]
    assert agrees("C API", "predict", labels=(many, labels)) == [False]


def test_onnx_runtime_has_the_tolerance_of_its_export():
    latent = np.ones((2, 63), np.float32)
    near, far = latent + 0.5 * onnx_functions.TOLERANCE, latent + 2 * onnx_functions.TOLERANCE
    assert agrees(loaders.ONNX, "encode", latent=(near, latent)) == [True]
    assert agrees(loaders.ONNX, "encode", latent=(far, latent)) == [False]


def test_what_rounding_decides_in_a_fit_is_no_example():
    """The joints fall into one of two valleys, as those of an untrained network do."""

    def answer(request):
        assert (request["part_labels"], request["intrinsics"][2, 2]) == (3, 1.0)
        valley = 1.0 if request["keypoints"] >= 100.0 else -1.0
        return {"loss": LOSS, "joints": np.broadcast_to(valley, (2, 24, 3))}

    for keypoint, kept in ((100.0, ["loss"]), (90.0, ["loss", "joints"])):
        request = {"keypoints": np.float32(keypoint), "part_labels": np.uint8(3)}
        request["intrinsics"] = np.eye(3, dtype=np.float32)
        example = agreement.example("refine", request, answer)
        assert example.inputs is request
        assert list(example.outputs) == kept
        # Others' answers are compared whatever decides them.
        assert list(agreement.example("predict", request, answer).outputs) == ["loss", "joints"]
