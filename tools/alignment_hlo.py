"""Writes the alignment loss, as XLA sees it, for another machine to compile and run.

    python -m tools.alignment_hlo --output hlo
    python tools/run_alignment_hlo.py hlo

The first needs TensorFlow; the second only JAX and NumPy, so it can check and time the very same
operation on a GPU. The directory holds ``alignment.mlir``, the loss and its gradient in StableHLO,
and ``arrays.npz``: inputs ``input_0``… and what this machine makes of them, ``output_0``….
"""

import argparse
from pathlib import Path

import tensorflow as tf

from hps_tf.cli import command
from hps_tf.errors import InputError
from hps_tf.io import atomic_directory, npz_arrays
from hps_tf.losses import PackedPixels, alignment_loss, pack_part_pixels
from tools.benchmark import alignment_people
from tools.benchmark.alignment_people import People

_NUM_VERTICES = 6890


def write(people: People, directory: Path) -> None:
    """Writes the operation, its inputs and outputs.

    Args:
      people: The people for which the operation is compiled and run.
      directory: Where to; replaced if it exists.
    """

    @tf.function(jit_compile=True)
    def loss_and_gradient(
        vertices_2d: tf.Tensor, packed: PackedPixels
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(vertices_2d)
            terms = alignment_loss(vertices_2d, packed, people.vertex_parts)
            total = terms.pixels_to_vertices + terms.vertices_to_pixels
        return (*terms, tape.gradient(total, vertices_2d))

    inputs = (tf.constant(people.vertices_2d), pack_part_pixels(people.part_labels))
    outputs = loss_and_gradient(*inputs)
    stablehlo = loss_and_gradient.experimental_get_compiler_ir(*inputs)(stage="stablehlo")
    arrays = {f"input_{i}": value.numpy() for i, value in enumerate(tf.nest.flatten(inputs))}
    arrays |= {f"output_{i}": value.numpy() for i, value in enumerate(outputs)}
    with atomic_directory.replacing(directory) as new:
        (new / "alignment.mlir").write_text(stablehlo)
        npz_arrays.write(new / "arrays.npz", arrays)


def main() -> None:
    """Writes the operation for people drawn as in `tools.benchmark alignment`."""
    parser = argparse.ArgumentParser(
        prog="tools.alignment_hlo",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--output", type=command.path, required=True, metavar="DIR", help="where to write"
    )
    parser.add_argument("--size", type=int, default=128, help="pixels per side (default 128)")
    parser.add_argument("--batch", type=int, default=8, help="number of people (default 8)")
    arguments = parser.parse_args()
    for name in ("size", "batch"):
        if getattr(arguments, name) < 1:
            raise InputError(
                f"--{name}: expected a number above 0, received {getattr(arguments, name)}"
            )

    people = alignment_people.make(arguments.batch, arguments.size, _NUM_VERTICES, seed=0)
    write(people, arguments.output)
    print(f"{arguments.output}: {arguments.batch} people at {arguments.size} x {arguments.size}")


if __name__ == "__main__":
    command.run(main, "tools.alignment_hlo")
