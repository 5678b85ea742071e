"""The alignment loss with its gradient in StableHLO: the work of `tools.alignment_hlo`."""

from pathlib import Path

import tensorflow as tf

from hps_tf.io import atomic_directory, npz_arrays
from hps_tf.losses import PackedPixels, alignment_loss, pack_part_pixels
from tools.benchmark import alignment_people
from tools.benchmark.alignment_people import People

_NUM_VERTICES = 6890


def write_drawn(batch: int, size: int, directory: Path) -> None:
    """Writes the operation for people drawn as in `tools.benchmark alignment`.

    Args:
      batch: Number of people.
      size: Pixels per side.
      directory: Where to; replaced if it exists.
    """
    write(alignment_people.make(batch, size, _NUM_VERTICES, seed=0), directory)


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
