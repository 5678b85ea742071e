"""Reader of easy_ViTPose's JSON: the people of each frame by identifier, y, x, score.

`{"keypoints": [{"0": [[y, x, score], ...], "1": ...}, ...], "skeleton": {"0": "nose", ...}}`, an
object per frame, in pixels. The skeleton names the keypoints, COCO's 17, 25 with neck, hip and
feet, or 133.
"""

from typing import Any

import numpy as np

from hps_tf.data.keypoints import detection, detections_json, keypoint_layouts
from hps_tf.data.keypoints.detection import Detection
from hps_tf.data.keypoints.people import People, image_names
from hps_tf.data.keypoints.roster import Roster, stem_names
from hps_tf.errors import InputError
from hps_tf.io import json_values


def matches(content: Any) -> bool:
    """Returns whether parsed JSON is such a file."""
    return (
        isinstance(content, dict)
        and isinstance(content.get("keypoints"), list)
        and isinstance(content.get("skeleton"), dict)
    )


def read(content: Any, name: str, first_frame: int = 0) -> People:
    """Reads people from parsed JSON.

    Args:
      content: The file's content, as `json_values.parse` gives it.
      name: The file's name; errors call it so, and its only image is named after it.
      first_frame: Index of the first image.

    Returns:
      The people. Damaged ones are left out.

    Raises:
      InputError: If a field is missing or wrong, or the skeleton lacks one of COCO's keypoints.
    """
    skeleton = json_values.as_object(json_values.member(content, "skeleton", name), name)
    ordered = [skeleton.get(str(number)) for number in range(len(skeleton))]
    try:
        places = keypoint_layouts.coco17_by_name(ordered)
    except InputError as error:
        raise InputError(f"{name}, skeleton: {error}") from None
    frames = json_values.as_list(json_values.member(content, "keypoints", name), name)
    stem = detections_json.image_stem(name)
    roster = Roster(first_frame)
    for number, frame in enumerate(frames):
        is_only = len(frames) == 1
        image = roster.image(image_names(stem) if is_only else stem_names(f"{number:06d}"))
        where = f"{name}, keypoints[{number}]"
        for track_id, pose in _people(frame, where):
            person_id = roster.name(image, stem if is_only else f"{stem}_{number:06d}")
            with roster.tolerance(person_id):
                rows = detection.triples(pose, f"{where}[{track_id!r}]")
                if len(rows) != len(ordered):
                    raise InputError(
                        f"{where}[{track_id!r}]: expected {len(ordered)} keypoints as in the"
                        f" skeleton, received {len(rows)}"
                    )
                points = np.ascontiguousarray(rows[places, 1::-1])
                roster.add(person_id, image, Detection(points, rows[places, 2], None, track_id))
    return roster.people()


def _people(frame: Any, where: str) -> list[tuple[str | None, Any]]:
    """The people of a frame; early versions list them without identifiers."""
    if isinstance(frame, list):
        return [(None, pose) for pose in frame]
    return list(json_values.as_object(frame or {}, where).items())
