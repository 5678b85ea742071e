r"""Finds the person in a photograph: body, keypoints and body parts.

    python -m tools.demo photograph.jpg
    python -m tools.demo photograph.jpg --box 120,40,210,480 --output found
    python -m tools.demo photograph.jpg --network runs/mine/network.npz --refine

Writes to the output:

    overlay.png   the photograph with the body over it
    parts.png     what the network saw: its input, the part maps, and the body with the detected
                  keypoints (rings) and the body's own (dots)
    body.glb      the body where the camera sees it, for a browser or a 3D program
    result.npz    pose (24,3) axis-angle, shape (S,), translation (3,) metres, joints_3d (24,3) and
                  vertices (V,3) in the camera's frame (OpenCV: x right, y down, z forward),
                  keypoints_2d (17,2) detected ones in pixels of the photograph with their
                  confidence (17,), intrinsics (3,3) of the photograph's camera, box (4,) the square
                  that the network saw

One person is found, the one in the box. The camera is not known: its focal length is taken to be
the photograph's diagonal in pixels.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from hps_tf import command, models
from hps_tf.atomic_file import replacing
from hps_tf.body import load_default
from hps_tf.data import default_camera, person_crop, photographs
from hps_tf.data.people import ImageEntry
from hps_tf.errors import InputError
from hps_tf.evaluation import PredictedPeople, predict
from hps_tf.geometry import axis_angle, camera
from hps_tf.models import Predictor
from hps_tf.visualization import glb, png
from hps_tf.visualization.prediction_sheet import Pictured, prediction_sheet
from tools.fitting.refinement import Refinement
from tools.pictures import photograph_overlay

DEFAULT_NETWORK = "synthetic-small"

_MIN_CONFIDENCE = 0.3  # Of a keypoint that is shown.
_CAMERA_TO_GLTF = np.array([1.0, -1.0, -1.0])


class Found(NamedTuple):
    """The person in a photograph.

    Attributes:
      crop: `(S, S, 3)` uint8, what the network saw.
      box: `(4,)` where it lies in the photograph.
      intrinsics: `(3, 3)` of the photograph's camera.
      people: The one person, in pixels of the crop.
      vertices: `(V, 3)` metres in the camera frame.
      joints: `(24, 3)` metres in the camera frame.
    """

    crop: np.ndarray
    box: np.ndarray
    intrinsics: np.ndarray
    people: PredictedPeople
    vertices: np.ndarray
    joints: np.ndarray


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command with the given arguments, by default those of the process."""
    args = _parse(arguments)
    photograph = _read(args.image)
    box = _square(args.box, photograph.shape[:2])
    predictor = Predictor(models.load(args.network), load_default(num_vertices=3000))
    found = find(photograph, box, predictor, is_refined=args.refine)
    _write(args.output, photograph, found, predictor)
    print(f"{args.output}: overlay.png, parts.png, body.glb and result.npz written")


def find(
    photograph: np.ndarray, box: np.ndarray, predictor: Predictor, *, is_refined: bool = False
) -> Found:
    """Finds the person in a square of a photograph.

    Args:
      photograph: `(H, W, 3)` uint8 RGB.
      box: `(4,)` left, top, width, height of the square.
      predictor: The network with its body.
      is_refined: Whether the body is fitted to the network's keypoints and part maps.
    """
    size = predictor.network.options.image_size
    intrinsics = default_camera.intrinsics(photograph.shape[:2])
    crop = person_crop.crop_pixels(photograph, box, size)
    of_crop = camera.crop_intrinsics(intrinsics, box, (size, size)).numpy()
    batch = {
        "image": tf.constant(crop[np.newaxis] / 255.0, tf.float32),
        "intrinsics": tf.constant(of_crop[np.newaxis], tf.float32),
    }
    people = predict(predictor, batch)
    if is_refined:
        people = Refinement(predictor).images(people, with_parts=True)
    vertices, joints = predictor.decoder.body(
        rotation_matrices=people.rotation_matrices,
        shape=people.shape,
        translation=people.translation,
    )
    return Found(crop, box, intrinsics, people, vertices[0].numpy(), joints[0].numpy())


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="tools.demo",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("image", type=command.path, metavar="IMAGE", help="a photograph: JPEG, PNG, ...")
    add(
        "--network",
        type=command.name_or_path,
        default=DEFAULT_NETWORK,
        metavar="NAME|FILE",
        help="a pretrained network, or the network.npz of a training run (%(default)s); pretrained:"
        f" {', '.join(models.list_pretrained()) or 'none'}",
    )
    add(
        "--box",
        metavar="LEFT,TOP,WIDTH,HEIGHT",
        help="the box around the person, pixels; the network sees the square around it, a quarter"
        " larger. By default it sees the largest square in the middle of the photograph",
    )
    add(
        "--output",
        type=command.path,
        default=Path("demo"),
        metavar="DIR",
        help="where to (%(default)s)",
    )
    add(
        "--refine",
        action="store_true",
        help="fit the body to the network's keypoints and part maps; takes a minute",
    )
    return parser.parse_args(arguments)


def _read(path: Path) -> np.ndarray:
    if not path.is_file():
        raise InputError(f"{path}: expected a photograph, received no file")
    entry = ImageEntry((path.name,), 0)
    return photographs.locate(path.parent, entry).read()


def _square(text: str | None, size: tuple[int, ...]) -> np.ndarray:
    """The square that the network sees; by default the largest in the middle."""
    height, width = size
    if text is None:
        side = min(height, width)
        return np.array([(width - side) / 2, (height - side) / 2, side, side])
    try:
        left, top, box_width, box_height = (float(number) for number in text.split(","))
        box = person_crop.square_box(np.array([left, top, box_width, box_height]))
    except ValueError:
        raise InputError(
            f"--box: expected LEFT,TOP,WIDTH,HEIGHT with an area, received {text!r}"
        ) from None
    is_seen = -box_width < left < width and -box_height < top < height
    if not is_seen or max(box_width, box_height) > 2 * max(size):
        raise InputError(
            f"--box: expected a box in the photograph of {width} x {height} pixels, received"
            f" {text!r}"
        )
    return box


def _write(directory: Path, photograph: np.ndarray, found: Found, predictor: Predictor) -> None:
    size = predictor.network.options.image_size
    faces = predictor.decoder.body.faces
    people = found.people
    over = photograph_overlay.draw(photograph, found.vertices, faces, found.intrinsics)
    pictured = Pictured(
        found.crop / 255.0,
        people.labels["intrinsics"][0],
        found.vertices,
        people.detected_2d[0],
        people.confidence[0] > _MIN_CONFIDENCE,
        people.keypoints_2d[0],
        people.part_maps[0],
    )
    panel = prediction_sheet([pictured], faces, "What the network found")
    arrays = {
        "pose": axis_angle.from_matrix(people.rotation_matrices[0]).numpy(),
        "shape": people.shape[0],
        "translation": people.translation[0],
        "joints_3d": found.joints,
        "vertices": found.vertices,
        "keypoints_2d": camera.uncrop_points(
            people.detected_2d[0].astype(np.float64), found.box, (size, size)
        ).numpy(),
        "confidence": people.confidence[0],
        "intrinsics": found.intrinsics,
        "box": found.box,
    }
    directory.mkdir(parents=True, exist_ok=True)
    png.write(directory / "overlay.png", over)
    png.write(directory / "parts.png", panel)
    glb.write(directory / "body.glb", found.vertices * _CAMERA_TO_GLTF, faces)
    with replacing(directory / "result.npz") as temporary:
        np.savez_compressed(temporary, **arrays)


if __name__ == "__main__":
    command.run(main, "tools.demo")
