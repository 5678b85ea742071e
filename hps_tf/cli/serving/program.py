"""The work of `hps predict`, after its arguments are read."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from hps_tf.body import load_default
from hps_tf.cli.serving.client import Arrays, Client, RefusedError
from hps_tf.cli.serving.grpc_client import GrpcClient
from hps_tf.cli.serving.rest_client import RestClient
from hps_tf.data.images import person_crop, photographs
from hps_tf.data.keypoints.people import ImageEntry
from hps_tf.errors import InputError
from hps_tf.io.atomic_file import replacing
from hps_tf.visualization import doubt, photograph_overlay, png

EVERYBODY, ONE = "predict_photo", "predict_jpeg"
"""Signatures: without and with a box."""

_ORIENTATION = 0x0112  # The EXIF tag.
_OF_PHOTOGRAPHS = ("intrinsics", "num_people")  # Outputs that have no row per person.


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


def run(args: argparse.Namespace) -> None:
    """Asks for all photographs and writes the answers.

    Raises:
      InputError: At the end, if some could not be read or were refused; the others are answered.
    """
    names = [path.stem for path in args.images]
    args.output.mkdir(parents=True, exist_ok=True)
    failures: list[str] = []
    with _client(args) as client:
        for start in range(0, len(names), args.batch_size):
            batch = _readable(args.images[start : start + args.batch_size], failures)
            for answered in ask(client, batch, args.box):
                if answered.answer is None:
                    failures.append(f"{answered.picture.path}: {answered.refusal}")
                else:
                    _write(args.output, answered.picture, answered.answer)
            done = min(start + args.batch_size, len(names))
            print(f"{done} of {len(names)} images, {len(failures)} failed", file=sys.stderr)
    if len(failures) < len(names):
        print(f"{args.output}: {len(names) - len(failures)} images written, .png and .npz each")
    if failures:
        raise InputError(f"{len(failures)} of {len(names)} images failed: {'; '.join(failures)}")


def _client(args: argparse.Namespace) -> Client:
    if args.rest:
        return RestClient(args.server, args.model, args.deadline, args.tries)
    return GrpcClient(args.server, args.model, args.deadline, args.tries)


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


def ask(client: Client, pictures: list[Picture], box: list[float] | None) -> Iterator[Answered]:
    """Asks for a batch; if it is refused, for each picture by itself.

    Args:
      client: The connection.
      pictures: The photographs.
      box: Left, top, width and height of the one person of each; None for everybody.

    Yields:
      The answers in the order of the pictures; arrays have a row per person, but for `intrinsics`.

    Raises:
      UnavailableError: If the server does not answer.
    """
    count = len(pictures)
    if not count:
        return
    inputs = {"jpeg": np.array([picture.jpeg for picture in pictures], object)}
    if box is not None:
        inputs["boxes"] = np.tile(np.array(box, np.float32), (count, 1))
        inputs["intrinsics"] = np.zeros((count, 3, 3), np.float32)
    try:
        outputs = client.predict(EVERYBODY if box is None else ONE, inputs)
    except RefusedError as error:
        if count == 1:
            yield Answered(pictures[0], None, str(error))
            return
        for picture in pictures:
            yield from ask(client, [picture], box)
        return
    for row, picture in enumerate(pictures):
        yield Answered(picture, _people(outputs, row), None)


def _people(outputs: Arrays, row: int) -> Arrays:
    """The answer for one photograph, of those alone who are there and have a body."""
    answer = {name: array[row] for name, array in outputs.items()}
    if "num_people" not in answer:
        return {
            name: array if name in _OF_PHOTOGRAPHS else array[np.newaxis]
            for name, array in answer.items()
        }
    is_there = np.arange(len(answer["valid"])) < answer["num_people"]
    is_there &= answer.pop("valid").astype(bool)
    people = {
        name: array[is_there] for name, array in answer.items() if name not in _OF_PHOTOGRAPHS
    }
    return people | {"intrinsics": answer["intrinsics"]}


def _readable(paths: Sequence[Path], failures: list[str]) -> list[Picture]:
    """Reads photographs; why others cannot be is added to the failures."""
    pictures = []
    for path in paths:
        try:
            pictures.append(read(path))
        except (InputError, OSError) as error:
            failures.append(str(error))
    return pictures


def _write(directory: Path, picture: Picture, answer: Arrays) -> None:
    body = load_default(answer["vertices"].shape[1])
    unsure = None
    if "joint_std" in answer:
        unsure = doubt.of_vertices(answer["joint_std"], body.vertex_parts)
    drawn = photograph_overlay.draw(
        picture.pixels,
        answer["vertices"],
        body.faces,
        answer["intrinsics"].astype(np.float32),
        unsure,
    )
    png.write(directory / f"{picture.path.stem}.png", drawn)
    arrays: dict[str, Any] = dict(answer)
    with replacing(directory / f"{picture.path.stem}.npz") as temporary:
        np.savez_compressed(temporary, **arrays)
