"""Whether an exported model's answer is the expected one.

Convention: answers and expected outputs are arrays by the names of a signature's outputs.
"""

import dataclasses
from collections.abc import Callable

import numpy as np

from export import fit_signatures, loaders, onnx_functions, refine_signatures
from export.reference import Example
from export.signature import Request
from hps_tf.geometry import axis_angle

# Single precision, and room for another machine's order of summation: relative, absolute.
_EXACT = (1e-4, 1e-4)

# A fit's iterations let rounding grow, most where a prior is hardly trained: fits agree if their
# losses are within a quarter and their bodies alike.
_FITS = (*fit_signatures.NAMES, *refine_signatures.NAMES)
_OF_FITS = {
    "loss": (0.25, 1e-4),
    "keypoints_2d": (0.0, 2.0),  # Pixels.
    "translation": (0.0, 0.1),  # Metres, as the next three.
    "joints": (0.0, 0.1),
    "vertices": (0.0, 0.1),
    "joint_std": (0.25, 0.01),
    "pose": (0.0, 0.5),  # Of entries of rotation matrices.
    "shape": (0.0, 0.5),
}

# The share by which inputs change to see what rounding decides.
_NUDGE = 1e-6

# The share of labels that may differ where several are nearly as likely.
_LABELS_DIFFERING = 1e-3


@dataclasses.dataclass(frozen=True)
class Comparison:
    """One output of one signature as one loader gives it.

    Attributes:
      loader: Its name.
      output: ``SIGNATURE.NAME``.
      max_error: Greatest difference from the expected answer, of labels the share that differ;
        infinite where the shapes do.
      agrees: Whether it is within single precision, or of a fit, within what its iterations make
        of that; by ONNX Runtime, within the tolerance of `export.onnx`.
    """

    loader: str
    output: str
    max_error: float
    agrees: bool


def compare(loader: str, signature: str, answer: Request, expected: Request) -> list[Comparison]:
    """Compares all expected outputs with an answer, in which some may be missing.

    Args:
      loader: The key of `loaders.LOADERS` that gave the answer.
      signature: Its signature.
      answer: The answer.
      expected: What the model itself answered.
    """
    return [
        _compare_output(loader, signature, name, answer.get(name), array)
        for name, array in expected.items()
    ]


def example(signature: str, request: Request, answer: Callable[[Request], Request]) -> Example:
    """Makes an example, of a fit without the outputs that rounding decides.

    The fits of a hardly trained network or prior may end in another of many valleys on another
    machine. Such are found by one more fit, to inputs that differ by one in a million.

    Args:
      signature: The signature.
      request: Its inputs.
      answer: Answers requests.
    """
    outputs = answer(request)
    if signature in _FITS:
        compared = compare("", signature, answer(_nudged(request)), outputs)
        outputs = {
            name: outputs[name] for name, each in zip(outputs, compared, strict=True) if each.agrees
        }
    return Example(request, outputs)


def _nudged(request: Request) -> Request:
    """Makes all that was seen in an image smaller by one in a million."""
    return {
        name: array * np.float32(1.0 - _NUDGE)
        # The last row of a camera's matrix is 0, 0, 1.
        if array.dtype == np.float32 and name != "intrinsics"
        else array
        for name, array in request.items()
    }


def _compare_output(
    loader: str, signature: str, name: str, answer: np.ndarray | None, expected: np.ndarray
) -> Comparison:
    output = f"{signature}.{name}"
    if answer is None or answer.shape != expected.shape:
        return Comparison(loader, output, float("inf"), agrees=False)
    if answer.dtype.kind in "biu":
        share = float(np.mean(answer != expected)) if answer.size else 0.0
        return Comparison(loader, output, share, agrees=share <= _LABELS_DIFFERING)
    if name == "pose":
        # Near half a turn an axis and its opposite are neighbours.
        answer, expected = (axis_angle.to_matrix(array).numpy() for array in (answer, expected))
    max_error = float(np.abs(answer - expected).max()) if answer.size else 0.0
    agrees = np.allclose(answer, expected, *_tolerance(loader, signature, name))
    return Comparison(loader, output, max_error, agrees)


def _tolerance(loader: str, signature: str, name: str) -> tuple[float, float]:
    """What an answer may differ by: a share of the expected one, and anyway."""
    if loader == loaders.ONNX:
        return 0.0, onnx_functions.TOLERANCE
    return _OF_FITS.get(name, _EXACT) if signature in _FITS else _EXACT
