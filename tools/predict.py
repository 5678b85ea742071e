r"""Asks a model server for the people in photographs.

    python -m tools.predict --server localhost:8500 --model quickstart photographs/*.jpg
    python -m tools.predict --server localhost:8501 --rest --model quickstart photograph.jpg

The server is TensorFlow Serving with a network of `export.savedmodel`. For every IMAGE there come

    NAME.png      the photograph with the body over it
    NAME.npz      the outputs of `predict_jpeg` (see `python -m export.savedmodel --help`): pose,
                  shape, translation, joints, vertices, keypoints_2d, confidence, part_labels, box,
                  intrinsics

An image that the server refuses is named in the end; the others are answered.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from hps_tf import command
from hps_tf.atomic_file import replacing
from hps_tf.body import load_default
from hps_tf.data import person_crop, photographs
from hps_tf.data.people import ImageEntry
from hps_tf.errors import InputError
from hps_tf.visualization import png
from tools.demo import DEFAULT_NETWORK
from tools.pictures import photograph_overlay
from tools.serving.client import Arrays, Client, RefusedError
from tools.serving.grpc_client import GrpcClient
from tools.serving.rest_client import RestClient

SIGNATURE = "predict_jpeg"

_ORIENTATION = 0x0112  # The EXIF tag.


class Picture(NamedTuple):
    """A photograph to be sent.

    Attributes:
      path: Its file.
      pixels: `(H, W, 3)` uint8 as it is to be seen.
      jpeg: The same, encoded.
    """

    path: Path
    pixels: np.ndarray
    jpeg: bytes


class Answered(NamedTuple):
    """A photograph with the server's answer, or why there is none."""

    picture: Picture
    answer: Arrays | None
    refusal: str | None


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command with the given arguments, by default those of the process."""
    args = _parse(arguments)
    names = [path.stem for path in args.images]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(f"IMAGES: expected different names, received {twice!r} twice")
    box = _box(args.box)
    args.output.mkdir(parents=True, exist_ok=True)
    kind = RestClient if args.rest else GrpcClient
    refusals = []
    with kind(args.server, args.model, args.deadline, args.tries) as client:
        for start in range(0, len(args.images), args.batch_size):
            batch = [read(path) for path in args.images[start : start + args.batch_size]]
            for answered in ask(client, batch, box):
                if answered.answer is None:
                    refusals.append(f"{answered.picture.path}: {answered.refusal}")
                else:
                    _write(args.output, answered.picture, answered.answer)
            done = min(start + args.batch_size, len(args.images))
            print(f"{done} of {len(args.images)} images", file=sys.stderr, flush=True)
    if refusals:
        raise InputError(f"{len(refusals)} of {len(names)} refused: {'; '.join(refusals)}")
    print(f"{args.output}: {', '.join(names)} written, .png and .npz each")


def read(path: Path) -> Picture:
    """Reads a photograph; what is not an upright JPEG is encoded as one.

    Raises:
      InputError: If there is none, or it is damaged.
    """
    if not path.is_file():
        raise InputError(f"{path}: expected a photograph, received no file")
    pixels = photographs.locate(path.parent, ImageEntry((path.name,), 0)).read()
    with Image.open(path) as image:
        is_as_stored = image.format == "JPEG" and image.getexif().get(_ORIENTATION, 1) == 1
    jpeg = path.read_bytes() if is_as_stored else person_crop.encode_jpeg(pixels)
    return Picture(path, pixels, jpeg)


def ask(client: Client, pictures: list[Picture], box: np.ndarray) -> Iterator[Answered]:
    """Asks for a batch; if it is refused, for each picture by itself.

    Args:
      client: The connection.
      pictures: The photographs.
      box: `(4,)` around the person of each; zeros for the largest square in the middle.

    Yields:
      The answers in the order of the pictures, arrays of one person each.

    Raises:
      UnavailableError: If the server does not answer.
    """
    count = len(pictures)
    inputs = {
        "jpeg": np.array([picture.jpeg for picture in pictures], object),
        "boxes": np.tile(box.astype(np.float32), (count, 1)),
        "intrinsics": np.zeros((count, 3, 3), np.float32),
    }
    try:
        outputs = client.predict(SIGNATURE, inputs)
    except RefusedError as error:
        if count == 1:
            yield Answered(pictures[0], None, str(error))
            return
        for picture in pictures:
            yield from ask(client, [picture], box)
        return
    for row, picture in enumerate(pictures):
        yield Answered(picture, {name: array[row] for name, array in outputs.items()}, None)


def _write(directory: Path, picture: Picture, answer: Arrays) -> None:
    faces = load_default(len(answer["vertices"])).faces
    drawn = photograph_overlay.draw(
        picture.pixels, answer["vertices"], faces, answer["intrinsics"].astype(np.float32)
    )
    png.write(directory / f"{picture.path.stem}.png", drawn)
    arrays: dict[str, Any] = {
        "box" if name == "boxes" else name: array for name, array in answer.items()
    }
    with replacing(directory / f"{picture.path.stem}.npz") as temporary:
        np.savez_compressed(temporary, **arrays)


def _box(text: str | None) -> np.ndarray:
    if text is None:
        return np.zeros(4)
    try:
        left, top, width, height = (float(number) for number in text.split(","))
    except ValueError:
        raise InputError(f"--box: expected LEFT,TOP,WIDTH,HEIGHT, received {text!r}") from None
    return np.array([left, top, width, height])


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="tools.predict",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("images", type=command.path, nargs="+", metavar="IMAGE", help="photographs: JPEG, PNG, ...")
    add("--server", required=True, metavar="HOST:PORT", help="by default gRPC's port, 8500")
    add("--rest", action="store_true", help="speak REST; HOST:PORT is REST's, 8501")
    add("--model", default=DEFAULT_NETWORK, help="name of the model on the server (%(default)s)")
    add(
        "--box",
        metavar="LEFT,TOP,WIDTH,HEIGHT",
        help="the box around the person, pixels, of every image; by default the network sees the"
        " largest square in the middle",
    )
    add("--batch_size", type=command.at_least(1), default=8, help="images a request (%(default)s)")
    add(
        "--deadline",
        type=float,
        default=60.0,
        metavar="SECONDS",
        help="how long a request may take, with all its tries (%(default)s)",
    )
    add(
        "--tries",
        type=command.at_least(1),
        default=5,
        help="how often to ask a busy server (%(default)s)",
    )
    add(
        "--output",
        type=command.path,
        default=Path("predicted"),
        metavar="DIR",
        help="(%(default)s)",
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    command.run(main, "tools.predict")
