"""Requests as clients send them, wrong ones above all, to the server of `tests.serving`."""

import base64
import io
import json
import re
import urllib.error
import urllib.request

import grpc
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from tensorflow.core.framework import tensor_pb2
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from export import reference
from export.encoded_images import MAX_PIXELS

SIZE = 32
UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


@pytest.fixture(scope="module")
def channel(server):
    with grpc.insecure_channel(server.grpc, UNLIMITED) as channel:
        yield channel


@pytest.fixture(scope="module")
def ask(channel):
    service = prediction_service_pb2_grpc.PredictionServiceStub(channel)

    def ask(signature, model="network", **inputs):
        spec = model_pb2.ModelSpec(name=model, signature_name=signature)
        request = predict_pb2.PredictRequest(model_spec=spec)
        for name, value in inputs.items():
            is_message = isinstance(value, tensor_pb2.TensorProto)
            request.inputs[name].CopyFrom(value if is_message else tf.make_tensor_proto(value))
        response = service.Predict(request, timeout=300)
        return {name: tf.make_ndarray(tensor) for name, tensor in response.outputs.items()}

    return ask


@pytest.fixture(scope="module")
def examples(exported_network):
    return reference.read(exported_network)


@pytest.fixture(scope="module")
def good(examples):
    """Right requests by signature, to be spoiled."""
    return {signature: example.inputs for signature, example in examples.items()}


@pytest.mark.parametrize("signature", ["predict", "predict_jpeg", "refine", "fit_keypoints"])
def test_answers_are_those_of_the_model(ask, examples, signature):
    example = examples[signature]
    answer = ask(signature, **example.inputs)
    assert answer.keys() == example.outputs.keys()
    np.testing.assert_allclose(answer["vertices"], example.outputs["vertices"], atol=1e-4)
    np.testing.assert_allclose(answer["keypoints_2d"], example.outputs["keypoints_2d"], atol=1e-2)


def jpeg(pixels):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG")
    return buffer.getvalue()


def declared(height, width):
    """A small JPEG that says it is of another size."""
    content = bytearray(jpeg(np.zeros((16, 16, 3), np.uint8)))
    frame = content.index(b"\xff\xc0")
    content[frame + 5 : frame + 9] = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    return bytes(content)


NOISE = np.random.default_rng(0).bytes(10_000_000)
IMAGE = np.full((1, SIZE, SIZE, 3), 0.5, np.float32)
CAMERA = np.array([[[48.0, 0, 15.5], [0, 48, 15.5], [0, 0, 1]]], np.float32)

HOSTILE = {
    "rank": ("predict", {"images": IMAGE[0]}, r"`images`: expected shape \(batch, 32, 32, 3\).*"),
    "channels": ("predict", {"images": IMAGE[..., :1]}, r"\(batch, 32, 32, 3\).*\[1 32 32 1\]"),
    "0 x 0": ("predict", {"images": IMAGE[:, :0, :0]}, r"\(batch, 32, 32, 3\).*\[1 0 0 3\]"),
    "scalar": ("predict", {"images": np.float32(1)}, r"`images`: expected shape .* \[\]"),
    "not a number": (
        "predict",
        {"images": IMAGE * np.nan},
        r"expected finite numbers in 0..1; .* \[0\]",
    ),
    "0..255": (
        "predict",
        {"images": IMAGE * 255},
        r"expected finite numbers in 0..1; wrong items\] \[0\]",
    ),
    "dtype": ("predict", {"images": IMAGE.astype(np.float64)}, "float.* double"),
    "large": (
        "predict_uint8",
        # One channel: 400 MB in the server.
        {"images": tf.make_tensor_proto(np.uint8(0), shape=(1, 20_000, 20_000, 1))},
        r"\(batch, 32, 32, 3\).*\[1 20000 20000 1\]",
    ),
    "cameras": ("predict", {"intrinsics": CAMERA * 0}, "in pixels, fx and fy at least 10; wrong"),
    "transposed cameras": (
        "predict",
        {"intrinsics": CAMERA.mT},
        r"expected \[\[fx, s, cx\].*\[0\]",
    ),
    "cameras in widths": (
        "predict_jpeg",
        {"intrinsics": np.diag([1.1, 1.1, 1]).astype(np.float32)[np.newaxis]},
        "fx and fy at least 10 or all 0; wrong items",
    ),
    "counts": (
        "predict",
        {"intrinsics": np.tile(np.eye(3, dtype=np.float32), (2, 1, 1))},
        r"`images`, `intrinsics`: expected as many items each, received\] \[1 2\]",
    ),
    "noise": ("predict_jpeg", {"jpeg": [NOISE]}, r"`jpeg`: expected JPEG or PNG .*items\] \[0\]"),
    "noise behind a JPEG's beginning": ("predict_jpeg", {"jpeg": [b"\xff\xd8" + NOISE]}, "JPEG"),
    "empty": ("predict_jpeg", {"jpeg": [b""]}, "`jpeg`: expected JPEG or PNG files"),
    "truncated": (
        "predict_jpeg",
        {"jpeg": [jpeg(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8))[:-900]]},
        "JPEG",
    ),
    "declared 20,000 x 20,000": (
        "predict_jpeg",
        {"jpeg": [declared(20_000, 20_000)]},
        f"`jpeg`: expected photographs of at most {MAX_PIXELS} pixels",
    ),
    "box": (
        "predict_jpeg",
        {"boxes": np.float32([[900, 900, 5, 5]])},
        "`boxes`: expected left, top, width, height in pixels, of boxes that show"
        " some of the photo",
    ),
    "box in fractions": (
        "predict_jpeg",
        {"boxes": np.float32([[0.4, 0.2, 0.2, 0.6]])},
        "from 2 pixels to twice its size, or all 0; wrong items",
    ),
    "latent": ("decode", {"latent": np.zeros((1, 5), np.float32)}, r"\(batch, 63\).*\[1 5\]"),
    "many samples": ("prior_sample", {"n": np.int32(10**9)}, "`n`: expected 0 to 100000, received"),
    "parts": (
        "fit_keypoints_parts",
        {"part_labels": np.zeros((1, 99, 99), np.uint8)},
        r"`part_labels`: expected shape \(batch, 8, 8\), received shape\] \[1 99 99\]",
    ),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_requests_are_answered_with_a_reason(ask, good, case):
    signature, spoiled, message = HOSTILE[case]
    inputs = {
        name: array[:1] if np.ndim(array) else array for name, array in good[signature].items()
    }
    with pytest.raises(grpc.RpcError) as refused:
        ask(signature, **(inputs | spoiled))
    assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert tf.strings.regex_full_match(refused.value.details().replace("\n", " "), f".*{message}.*")
    assert np.isfinite(ask("predict", **good["predict"])["vertices"]).all()


def test_a_bad_item_does_not_touch_the_others_of_its_batch(ask, good):
    request = good["fit_keypoints"]
    alone = ask("fit_keypoints", **request)
    spoilt = {name: np.concatenate([array, array, array]) for name, array in request.items()}
    spoilt["keypoints_2d"][0, 3] = np.nan
    spoilt["confidence"][1] = 0.0
    spoilt["intrinsics"][2, 0, 0] = -1.0
    spoilt["confidence"][3] = np.inf
    answer = ask("fit_keypoints", **spoilt)
    assert answer["valid"].tolist() == [False, False, False, False, True, True]
    for name, array in answer.items():
        assert not array[:4].any()
        np.testing.assert_allclose(array[4:], alone[name], atol=1e-3)


def test_missing_inputs_models_and_signatures_are_named(ask, good):
    with pytest.raises(grpc.RpcError) as refused:
        ask("predict", images=good["predict"]["images"])
    assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    with pytest.raises(grpc.RpcError) as refused:
        ask("predict", model="other", **good["predict"])
    assert refused.value.code() == grpc.StatusCode.NOT_FOUND
    with pytest.raises(grpc.RpcError) as refused:
        ask("other", **good["predict"])
    assert "other" in refused.value.details()


def test_status_and_metadata_are_told(channel):
    spec = model_pb2.ModelSpec(name="network")
    status = model_service_pb2_grpc.ModelServiceStub(channel).GetModelStatus(
        get_model_status_pb2.GetModelStatusRequest(model_spec=spec)
    )
    (version,) = status.model_version_status
    assert (version.version, version.state) == (1, version.AVAILABLE)
    metadata = prediction_service_pb2_grpc.PredictionServiceStub(channel).GetModelMetadata(
        get_model_metadata_pb2.GetModelMetadataRequest(
            model_spec=spec, metadata_field=["signature_def"]
        )
    )
    signatures = get_model_metadata_pb2.SignatureDefMap()
    metadata.metadata["signature_def"].Unpack(signatures)
    assert "refine" in signatures.signature_def


def post(server, content):
    return post_bytes(server, json.dumps(content).encode())


def post_bytes(server, body):
    url = f"http://{server.rest}/v1/models/network:predict"
    with urllib.request.urlopen(urllib.request.Request(url, body)) as response:
        return json.load(response)


def test_rest_answers_by_row_and_by_column(server, examples):
    example = examples["encode"]
    x = example.inputs["x"]
    rows = [{"x": row} for row in x.tolist()]
    by_row = post(server, {"signature_name": "encode", "instances": rows})["predictions"]
    by_column = post(server, {"signature_name": "encode", "inputs": {"x": x.tolist()}})["outputs"]
    np.testing.assert_allclose([row["latent"] for row in by_row], by_column["latent"])
    np.testing.assert_allclose(by_column["latent"], example.outputs["latent"], atol=1e-4)


def encoded(content):
    return {"b64": base64.b64encode(content).decode()}


def image_request(image):
    return {"inputs": {"images": np.asarray(image).tolist(), "intrinsics": [np.eye(3).tolist()]}}


def jpeg_request(content):
    inputs = {"jpeg": [content], "boxes": [[0.0] * 4], "intrinsics": [np.zeros((3, 3)).tolist()]}
    return {"signature_name": "predict_jpeg", "inputs": inputs}


HOSTILE_REST = {
    "shape": (
        {"signature_name": "encode", "inputs": {"x": [[1.0, 2.0]]}},
        r"`x`: expected shape \(batch, 63\)",
    ),
    "rank": (image_request(IMAGE[0]), r"`images`: expected shape \(batch, 32, 32, 3\)"),
    "0 x 0": (image_request(IMAGE[:, :0]), r"`images`: expected shape .*\[1 0\]"),
    "ragged": (
        {"signature_name": "encode", "inputs": {"x": [[1.0, 2.0], [1.0]]}},
        "`x` is not a float32 tensor",
    ),
    "not a number": (image_request(IMAGE * np.nan), "expected finite numbers in 0..1"),
    "dtype": (image_request([["white"]]), "`images` is not a float32 tensor"),
    "noise": (jpeg_request(encoded(NOISE)), "`jpeg`: expected JPEG or PNG files"),
    "no base64": (jpeg_request("a photograph"), "`jpeg` is not a string tensor"),
    "declared 20,000 x 20,000": (
        jpeg_request(encoded(declared(20_000, 20_000))),
        f"`jpeg`: expected photographs of at most {MAX_PIXELS} pixels",
    ),
    "missing input": (
        {"inputs": {"images": IMAGE.tolist()}},
        r"expected \['images', 'intrinsics'\], received \['images'\]",
    ),
    "neither rows nor columns": ({"signature_name": "encode"}, "`inputs` and `instances`"),
}


@pytest.mark.parametrize("case", HOSTILE_REST)
def test_rest_refuses_with_the_same_reason(server, examples, case):
    content, message = HOSTILE_REST[case]
    with pytest.raises(urllib.error.HTTPError) as refused:
        post(server, content)
    assert refused.value.code == 400
    assert re.search(message, json.load(refused.value)["error"])
    good = examples["encode"].inputs["x"].tolist()
    assert post(server, {"signature_name": "encode", "inputs": {"x": good}})["outputs"]


def test_rest_refuses_what_is_no_json(server):
    with pytest.raises(urllib.error.HTTPError) as refused:
        post_bytes(server, NOISE)
    assert refused.value.code == 400
    assert "JSON" in json.load(refused.value)["error"]
