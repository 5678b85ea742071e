"""The work of `hps convert`, after its arguments are read."""

from collections.abc import Sequence
from pathlib import Path

from hps_tf import body as bodies
from hps_tf import formats
from hps_tf.errors import InputError
from hps_tf.formats import result_file
from hps_tf.formats.writing import suffix_of


def write(
    result: Path, targets: Sequence[Path], *, body: str | None, frame_rate: float | None
) -> list[Path]:
    """Writes a result in other formats.

    Args:
      result: The result.npz.
      targets: The files, by suffix; several photographs have a file each.
      body: The body model's file; None for the embedded body.
      frame_rate: Frames per second of a video; None takes the result's own.

    Returns:
      The files written.

    Raises:
      InputError: If the result is damaged, or a format cannot hold it.
    """
    model = bodies.load(body) if body else bodies.load_default()
    scenes = result_file.read(result, model, frame_rate)
    if not scenes:
        raise InputError(f"{result}: expected people, received a result without any")
    written = []
    for target in targets:
        suffix = suffix_of(target)
        stem = target.name[: -len(suffix)]
        for stored in scenes:
            name = f"{stem}-{Path(stored.name).stem}" if len(scenes) > 1 else stem
            try:
                written += formats.write(target.with_name(name + suffix), stored.scene)
            except ValueError as error:
                raise InputError(f"{target}: {error}") from None
    return written
