"""Writes the alignment loss, as XLA sees it, for another machine to compile and run.

    python -m tools.alignment_hlo --output hlo
    python tools/run_alignment_hlo.py hlo

The first needs TensorFlow; the second only JAX and NumPy, so it can check and time the very same
operation on a GPU. The directory holds ``alignment.mlir``, the loss and its gradient in StableHLO,
and ``arrays.npz``: inputs ``input_0``… and what this machine makes of them, ``output_0``….
"""

from hps_tf.cli import command, environment
from hps_tf.errors import InputError


def main() -> None:
    """Writes the operation for people drawn as in `tools.benchmark alignment`."""
    parser = command.parser("tools.alignment_hlo", __doc__)
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

    environment.import_quietly()
    from tools import alignment_operation

    alignment_operation.write_drawn(arguments.batch, arguments.size, arguments.output)
    print(f"{arguments.output}: {arguments.batch} people at {arguments.size} x {arguments.size}")


if __name__ == "__main__":
    command.run(main, "tools.alignment_hlo")
