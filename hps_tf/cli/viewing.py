"""The page of the command `view`: a result and its photographs."""

import json
from collections.abc import Iterator
from pathlib import Path

from hps_tf import body as bodies
from hps_tf.data.images import photographs as images
from hps_tf.data.images.video_frames import VideoFile
from hps_tf.errors import InputError
from hps_tf.formats import result_file
from hps_tf.formats.result_file import StoredScene
from hps_tf.io import atomic_file
from hps_tf.visualization.viewer import page

_MAX_SIDE, _MAX_SIDE_OF_VIDEO = 1280, 640


def write(
    result: Path,
    output: Path,
    *,
    body: str | None = None,
    frame_rate: float | None = None,
    photographs: Path | None = None,
) -> list[str]:
    """Writes the page.

    Args:
      result: The result.npz.
      output: The page.
      body: The body model's file; None for the embedded body.
      frame_rate: Frames per second of a video; None takes the result's own.
      photographs: Where photographs or video lie; None for where they lay.

    Returns:
      A line for each photograph that is missing or damaged.

    Raises:
      InputError: If the result is damaged.
    """
    model = bodies.load(body) if body else bodies.load_default()
    missing: list[str] = []
    views = []
    for stored in result_file.read(result, model, frame_rate):
        pictures = list(_pictures(stored, result, photographs, missing))
        views.append(
            page.View(stored.name, stored.scene, stored.intrinsics, pictures, stored.figures)
        )
    title = result.parent.resolve().name or "people"
    with atomic_file.replacing(output) as temporary:
        temporary.write_text(page.page(title, views), "utf-8")
    return missing


def _pictures(
    stored: StoredScene, result: Path, where: Path | None, missing: list[str]
) -> Iterator[bytes]:
    """Makes the JPEG files of a scene's frames; says what is missing."""
    scene = stored.scene
    video = where if where and where.is_file() else None
    if scene.frame_rate and video is None and where is None:
        video = _video_of(result)
    try:
        if scene.frame_rate and video is not None:
            for frame in VideoFile(video):
                if frame.number >= scene.num_frames:
                    return
                yield page.jpeg(frame.pixels, _MAX_SIDE_OF_VIDEO)
            return
        side = _MAX_SIDE_OF_VIDEO if scene.frame_rate else _MAX_SIDE
        last: Path | None = None
        for name in scene.images:
            path = _located(name, result, where) if name else last
            if path is None:
                missing.append(f"no photograph {name or stored.name}; see --photographs")
                return
            last = path
            yield page.jpeg(images.at(path).read(), side)
    except InputError as error:
        missing.append(f"no photograph: {error}")


def _located(name: str, result: Path, where: Path | None) -> Path | None:
    """Finds a photograph where it lay, beside the result, or where the user says it lies."""
    if where is not None:
        candidates = [where] if where.is_file() else [where / name, where / Path(name).name]
    else:
        candidates = [Path(name), result.parent / name, result.parent / Path(name).name]
    return next((path for path in candidates if path.is_file()), None)


def _video_of(result: Path) -> Path | None:
    """Finds the video file that the summary beside a result names."""
    try:
        settings = json.loads((result.parent / "summary.json").read_text("utf-8"))["settings"]
        path = Path(settings["input"][0])
    except (OSError, ValueError, LookupError, TypeError):
        return None
    return path if path.is_file() else None
