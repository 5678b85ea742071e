"""One HTML page that shows people in three dimensions, without a network.

The page holds the bodies as glTF, the photographs as JPEG, three.js and the viewer's own script.
"""

import base64
import dataclasses
import html
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any

import numpy as np
from PIL import Image

from hps_tf.body.skeleton import JOINT_NAMES
from hps_tf.formats import Scene, gltf
from hps_tf.visualization import palette

_FILES = Path(__file__).parent
_DEFAULT_SIZE = (480, 640)
_QUALITY = 80


@dataclasses.dataclass(frozen=True, eq=False)
class View:
    """A scene with its photographs.

    Attributes:
      name: How the page calls it.
      scene: The people.
      intrinsics: `(3, 3)` of the camera, pixels.
      photographs: JPEG files of the frames, as `jpeg` makes them; one of all frames, one per frame,
        or none.
      figures: Facts of each person, by the person's name: named values, or lists of one
        per frame.
    """

    name: str
    scene: Scene
    intrinsics: np.ndarray
    photographs: Sequence[bytes] = ()
    figures: Mapping[str, Mapping[str, Any]] = dataclasses.field(default_factory=dict)


def jpeg(pixels: np.ndarray, max_side: int) -> bytes:
    """Makes a photograph small enough for a page.

    Args:
      pixels: `(H, W, 3)` uint8 RGB.
      max_side: Pixels of the longer side at most.
    """
    picture = Image.fromarray(pixels)
    picture.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=_QUALITY, optimize=True)
    return file.getvalue()


def page(title: str, views: Sequence[View]) -> str:
    """Makes the page.

    Args:
      title: Its title.
      views: The views, shown one at a time.

    Returns:
      The HTML.
    """
    data = {
        "joints": JOINT_NAMES,
        "part_colours": palette.PART_COLOURS.tolist(),
        "scenes": [_view(view) for view in views],
    }
    # `</script>` in a name must not end the element that holds the data.
    text = json.dumps(data, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
    files = {
        name: (_FILES / file).read_text("utf-8")
        for name, file in (
            ("style", "viewer.css"),
            ("three", "three.min.js"),
            ("viewer", "viewer.js"),
        )
    }
    template = Template((_FILES / "page.html").read_text("utf-8"))
    return template.substitute(files, title=html.escape(title), data=text)


def _view(view: View) -> dict[str, Any]:
    scene, camera = view.scene, view.intrinsics
    size = scene.sizes[0] if scene.sizes else _DEFAULT_SIZE
    return {
        "name": view.name,
        "size": [int(side) for side in size],
        "camera": [float(camera[at]) for at in ((0, 0), (1, 1), (0, 2), (1, 2))],
        "frame_rate": scene.frame_rate,
        "num_frames": max(scene.num_frames, 1),
        "photographs": [
            "data:image/jpeg;base64," + base64.b64encode(content).decode()
            for content in view.photographs
        ],
        "glb": base64.b64encode(gltf.content(scene, with_parts=True)).decode(),
        "people": [
            {
                "name": person.name,
                "colour": palette.PERSON_COLOURS[number % len(palette.PERSON_COLOURS)].tolist(),
                "frames": person.frames.tolist(),
                "depth": round(float(np.median(person.translation[:, 2])), 3),
                "joint_std": _rounded(person.joint_std),
                "figures": dict(view.figures.get(person.name, {})),
            }
            for number, person in enumerate(scene.people)
        ],
    }


def _rounded(values: np.ndarray | None) -> list | None:
    return None if values is None else np.round(values.astype(np.float64), 4).tolist()
