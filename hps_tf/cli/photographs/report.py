"""Report of a run: ``summary.json`` and a few printed lines."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hps_tf.body.skeleton import JOINT_NAMES
from hps_tf.cli.photographs.inputs import Failure
from hps_tf.cli.photographs.pictures import person_id
from hps_tf.data.images import default_camera
from hps_tf.reconstruction import Reconstruction, VideoReconstruction

_VERSION = 1
_UNSURE = 0.15  # Metres of a joint's standard deviation from which it is named.
_MAX_LINES = 20


def of_stills(
    people: Reconstruction | None,
    stems: Sequence[str],
    sizes: Sequence[tuple[int, int]],
    focal_lengths: Sequence[float | None],
    failures: Sequence[Failure],
    settings: Mapping[str, Any],
    seconds: float,
) -> dict[str, Any]:
    """Sums up the people of photographs.

    Args:
      people: Everybody, None if no image could be read.
      stems: The stem of each image's output files.
      sizes: Height and width of each image.
      focal_lengths: Pixels, of each image's EXIF where it has one.
      failures: Files that could not be read.
      settings: The user's settings, as the summary holds them.
      seconds: The duration.

    Returns:
      The content of ``summary.json``.
    """
    images = []
    for row, (stem, (height, width)) in enumerate(zip(stems, sizes, strict=True)):
        assert people is not None
        here = people.of_image(row)
        images.append(
            {
                "image": people.images[row],
                "name": stem,
                "width": width,
                "height": height,
                **_camera((height, width), settings["focal_length"], focal_lengths[row]),
                "num_people": len(here),
                "people": [
                    {"person_id": person_id(stem, here.person[index]), **_person(here, index)}
                    for index in range(len(here))
                ],
            }
        )
    return {
        "version": _VERSION,
        "settings": dict(settings),
        "num_images": len(images),
        "num_people": 0 if people is None else len(people),
        "num_without_people": sum(not image["num_people"] for image in images),
        "num_failed": len(failures),
        "seconds": rounded(seconds),
        "images": images,
        "failed": [{"input": failure.name, "reason": failure.line} for failure in failures],
    }


def of_video(
    name: str,
    found: VideoReconstruction,
    person_ids: Sequence[str],
    size: tuple[int, int],
    settings: Mapping[str, Any],
    seconds: float,
) -> dict[str, Any]:
    """Sums up the people of a video.

    Returns:
      The content of ``summary.json``.
    """
    people = found.people
    ids = np.array(person_ids)
    return {
        "version": _VERSION,
        "settings": dict(settings),
        "video": name,
        **_camera(size, settings["focal_length"]),
        "num_frames": len(found.times),
        "video_seconds": rounded(found.times[-1] - found.times[0]),
        "flaw": found.flaw,
        "num_people": len(np.unique(ids)),
        "num_without_people": len(found.times) - len(np.unique(people.image)),
        "seconds": rounded(seconds),
        "people": [
            {
                "person_id": str(identity),
                "first_frame": int(people.image[ids == identity].min()),
                "last_frame": int(people.image[ids == identity].max()),
                "num_frames": int((ids == identity).sum()),
                "score": rounded(people.score[ids == identity].mean()),
                "residual_px": rounded(people.residuals[ids == identity].mean()),
            }
            for identity in dict.fromkeys(person_ids)
        ],
    }


def table_of_video(content: Mapping[str, Any]) -> str:
    """Returns the sums of a video as text for people."""
    frames, without = content["num_frames"], content["num_without_people"]
    seconds = content["seconds"]
    rows = {
        "video": content["video"],
        "frames": f"{frames}" + (f", {without} without people" if without else ""),
        "people": f"{content['num_people']}",
        "seconds": f"{seconds:.0f}, {frames / max(seconds, 1e-9):.1f} frames per second",
    }
    return "\n".join(f"{name:<16}{value}" for name, value in rows.items())


def table(content: Mapping[str, Any]) -> str:
    """Returns the sums as text for people."""
    count, without = content["num_images"], content["num_without_people"]
    rows = {"photographs": f"{count}" + (f", {without} without people" if without else "")}
    rows["people"] = f"{content['num_people']}"
    if content["num_failed"]:
        rows["failed"] = f"{content['num_failed']}"
    seconds = content["seconds"]
    rate = content["num_people"] / max(seconds, 1e-9)
    rows["seconds"] = f"{seconds:.0f}, {rate:.1f} people per second"
    return "\n".join(f"{name:<16}{value}" for name, value in rows.items())


def lines_of_empty(content: Mapping[str, Any]) -> list[str]:
    """Says in which photographs nobody was found."""
    empty = [image["image"] for image in content["images"] if not image["num_people"]]
    lines = [f"{name}: nobody found" for name in empty[:_MAX_LINES]]
    if len(empty) > _MAX_LINES:
        lines.append(f"... and in {len(empty) - _MAX_LINES} more nobody either, see summary.json")
    return lines


def rounded(value: float) -> float | None:
    """Six digits; JSON knows no NaN."""
    return float(f"{value:.6g}") if np.isfinite(value) else None


def _camera(
    size: tuple[int, int], given: float | None, noted: float | None = None
) -> dict[str, Any]:
    """The focal length of an image, and where it comes from."""
    focal_length = float(default_camera.intrinsics(size, given or noted)[0, 0])
    source = "given" if given else "exif" if noted else "diagonal"
    return {"focal_length_px": rounded(focal_length), "focal_length_source": source}


def _person(people: Reconstruction, row: int) -> dict[str, Any]:
    unsure = np.flatnonzero(people.joint_std[row] > _UNSURE)
    return {
        "score": rounded(people.score[row]),
        "box": [rounded(value) for value in people.boxes[row]],
        "residual_px": rounded(people.residuals[row]),
        "distance_m": rounded(people.translation[row, 2]),
        "unsure_joints": [JOINT_NAMES[joint] for joint in unsure],
    }
