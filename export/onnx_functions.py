"""Functions of networks and priors for ONNX Runtime: the work of `export.onnx`."""

import argparse
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from export import example_people, model_source
from hps_tf import extras, models, priors
from hps_tf.body import load_small
from hps_tf.geometry import axis_angle
from hps_tf.io import atomic_file
from hps_tf.models import Lifter, Predictor, StagedNetwork, saved_model
from hps_tf.priors import PosePrior

OPSET = 18
TOLERANCE = 1e-3
"""How far outputs of ONNX Runtime and TensorFlow may differ: metres, radians, pixels, nats."""

_SEED = 0
_NUM_EXAMPLES = 3


def run(arguments: argparse.Namespace) -> None:
    """Exports what the arguments of `export.onnx` say.

    Raises:
      InputError: If there is no such model, or a package is missing.
    """
    source = model_source.find(arguments)
    if source.is_network:
        functions = of_network(models.load(source.path))
    else:
        functions = of_prior(priors.load(source.path, "density", "latent"))
    arguments.output.mkdir(parents=True, exist_ok=True)
    for name, function in functions.items():
        converted = convert(name, function)
        worst = max(converted.difference.values())
        if worst > TOLERANCE:
            raise RuntimeError(f"{name}: ONNX Runtime differs by {converted.difference}")
        path = arguments.output / f"{name}.onnx"
        with atomic_file.replacing(path) as temporary:
            temporary.write_bytes(converted.content)
        size = len(converted.content) / 1e6
        print(f"{path}: {size:.1f} MB, at most {worst:.1e} from TensorFlow", flush=True)


class Function(NamedTuple):
    """A function to export.

    Attributes:
      call: From tensors to named tensors.
      specs: Its inputs.
      request: Example arrays of its inputs, by name.
    """

    call: Callable[..., dict[str, tf.Tensor]]
    specs: tuple[tf.TensorSpec, ...]
    request: dict[str, np.ndarray]


class Converted(NamedTuple):
    """A converted function.

    Attributes:
      content: The content of an ``.onnx`` file.
      difference: Of ONNX Runtime's outputs for the example from TensorFlow's, by name.
    """

    content: bytes
    difference: dict[str, float]


def of_network(network: StagedNetwork) -> dict[str, Function]:
    """Gives the functions of a network with the embedded body, and of its prior."""
    body = load_small()
    predictor = Predictor(network, body)
    size = network.options.image_size
    pictures = example_people.pictures(body, (size, size), _NUM_EXAMPLES)
    focal = float(np.hypot(size, size))
    camera = np.array([[focal, 0, size / 2], [0, focal, size / 2], [0, 0, 1]], np.float32)
    cameras = np.tile(camera, (_NUM_EXAMPLES, 1, 1))
    camera_spec = tf.TensorSpec((None, 3, 3), tf.float32, "intrinsics")

    def predict(images: tf.Tensor, intrinsics: tf.Tensor) -> dict[str, tf.Tensor]:
        return saved_model.answer(predictor.predict(images, intrinsics))

    images = pictures.astype(np.float32) / 255.0
    functions = {
        "predict": Function(
            predict,
            (tf.TensorSpec((None, size, size, 3), tf.float32, "images"), camera_spec),
            {"images": images, "intrinsics": cameras},
        )
    }
    if isinstance(predictor.decoder, Lifter):
        functions["lift"] = _of_lifter(predictor.decoder, camera_spec, cameras)
    return functions | of_prior(network.prior)


def of_prior(prior: PosePrior) -> dict[str, Function]:
    """Gives the functions of a prior."""
    space = prior.space
    x = tf.TensorSpec((None, space.dim), tf.float32, "x")
    latent = tf.TensorSpec((None, space.dim), tf.float32, "latent")
    vectors = np.asarray(prior.sample(_NUM_EXAMPLES, seed=_SEED))
    normal = np.random.default_rng(_SEED).standard_normal(vectors.shape, np.float32)

    def decode(latent: tf.Tensor) -> dict[str, tf.Tensor]:
        found = prior.decode(latent)
        return {"x": found, "pose": space.to_pose(found)}

    return {
        "prior_log_prob": Function(lambda x: {"log_prob": prior.log_prob(x)}, (x,), {"x": vectors}),
        "encode": Function(lambda x: {"latent": prior.encode(x)}, (x,), {"x": vectors}),
        "decode": Function(decode, (latent,), {"latent": normal}),
    }


def convert(name: str, function: Function) -> Converted:
    """Converts a function, and runs it by ONNX Runtime beside TensorFlow.

    Args:
      name: Of the ONNX graph.
      function: The function.

    Raises:
      InputError: If the packages of the extra ``onnx`` are missing.
    """
    with extras.needed("onnx"):
        import onnxruntime
        import tf2onnx
    traced = tf.function(function.call, input_signature=function.specs, autograph=False)
    concrete = traced.get_concrete_function()
    # Constants that Python captured become part of the graph, as the weights do.
    frozen = convert_variables_to_constants_v2(concrete)
    outputs = sorted(concrete.structured_outputs)
    model, _ = tf2onnx.convert.from_graph_def(
        frozen.graph.as_graph_def(),
        name=name,
        opset=OPSET,
        input_names=[tensor.name for tensor in frozen.inputs],
        output_names=[tensor.name for tensor in frozen.outputs],
    )
    names = {
        tensor.name: spec.name for tensor, spec in zip(frozen.inputs, function.specs, strict=True)
    }
    names |= {tensor.name: name for tensor, name in zip(frozen.outputs, outputs, strict=True)}
    _rename(model.graph, names)
    content = model.SerializeToString()
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    found = session.run(outputs, function.request)
    expected = traced(*(tf.constant(function.request[spec.name]) for spec in function.specs))
    difference = {
        name: _difference(name, array, expected[name].numpy())
        for name, array in zip(outputs, found, strict=True)
    }
    return Converted(content, difference)


def _difference(name: str, found: np.ndarray, expected: np.ndarray) -> float:
    """The greatest difference; poses are compared as matrices.

    Near half a turn an axis and its opposite are neighbours.
    """
    if name == "pose":
        found, expected = (axis_angle.to_matrix(array).numpy() for array in (found, expected))
    return float(np.abs(found.astype(np.float64) - expected).max())


def _rename(graph: Any, names: dict[str, str]) -> None:
    """Renames inputs and outputs of an ONNX graph, and what reads and makes them."""
    for value in (*graph.input, *graph.output):
        value.name = names[value.name]
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]


def _of_lifter(lifter: Lifter, camera: tf.TensorSpec, cameras: np.ndarray) -> Function:
    def lift(
        keypoints_2d: tf.Tensor, confidence: tf.Tensor, intrinsics: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        people, _ = lifter.lift(keypoints_2d, confidence, intrinsics)
        return saved_model.bodies(people)

    middle = cameras[:, :2, 2]
    spread = np.random.default_rng(_SEED).normal(0, 40, (len(cameras), 17, 2))
    return Function(
        lift,
        (
            tf.TensorSpec((None, 17, 2), tf.float32, "keypoints_2d"),
            tf.TensorSpec((None, 17), tf.float32, "confidence"),
            camera,
        ),
        {
            "keypoints_2d": (middle[:, None] + spread).astype(np.float32),
            "confidence": np.ones((len(cameras), 17), np.float32),
            "intrinsics": cameras,
        },
    )
