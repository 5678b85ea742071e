r"""Exports a network or a prior for ONNX Runtime.

    python -m export.onnx --network photo --output photo-onnx
    python -m export.onnx --run runs/mine --output mine-onnx
    python -c "import onnxruntime; onnxruntime.InferenceSession('photo-onnx/predict.onnx')"

Writes a file per function, with the names of inputs and outputs that the SavedModel's signatures
have, any batch size, and no checks of the input:

    predict.onnx         images (B,S,S,3) in 0..1, intrinsics (B,3,3) -> pose, shape, ...
    lift.onnx            keypoints_2d (B,17,2), confidence (B,17), intrinsics -> the same; of
                         networks with a lifting module
    prior_log_prob.onnx  x (N,D) -> log_prob (N,)
    encode.onnx          x (N,D) -> latent (N,D)
    decode.onnx          latent (N,D) -> x (N,D), pose (N,24,3); latents from a standard normal
                         distribution give samples

Each file is run by ONNX Runtime beside TensorFlow before it is written: outputs that differ by more
than 1e-3 are an error.
"""

import argparse

from export import model_source
from hps_tf.cli import command, environment


def main() -> None:
    """Exports."""
    arguments = _parse()
    environment.import_quietly()
    from export import onnx_functions

    onnx_functions.run(arguments)


def _parse() -> argparse.Namespace:
    parser = command.parser("export.onnx", __doc__)
    model_source.add_arguments(parser)
    parser.add_argument(
        "--output", type=command.path, required=True, metavar="DIR", help="directory to write"
    )
    return parser.parse_args()


if __name__ == "__main__":
    command.run(main, "export.onnx")
