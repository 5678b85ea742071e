"""Reader of keypoints in .npz files.

Fields, N people or frames:

    keypoints     (N, 17, 2 or 3) of COCO's set or (N, 24, 2 or 3) of SMPL's joints: x, y in pixels
                  and, where there is a third, the confidence
    confidence    (N, K), instead of that third number; 1 by default
    person_ids    (N,) texts or whole numbers
    image_names   (N,) file names; the same name is the same image, and images follow one another as
                  they appear. By default every row is an image of its own
    image_sizes   (N, 2) or (2,) height and width, pixels
    intrinsics    (N, 3, 3) or (3, 3)
    boxes         (N, 4) left, top, width, height, pixels

All but `keypoints` may be left out.
"""

import numpy as np

from hps_tf.body.skeleton import KEYPOINT_NAMES
from hps_tf.data.keypoints.people import MAX_PIXELS, ImageEntry, People, Person
from hps_tf.errors import InputError
from hps_tf.io.npz_arrays import NpzArrays

_SETS = {len(KEYPOINT_NAMES[name]): name for name in ("coco17", "smpl24")}


def read(data: bytes, name: str, first_frame: int = 0) -> People:
    """Reads people from the content of a file.

    Args:
      data: The file's content; nothing of it is unpickled.
      name: How errors call the file.
      first_frame: Index of the first image.

    Raises:
      InputError: If a field is missing or wrong.
    """
    arrays = NpzArrays(data, name)
    keypoints = arrays.numbers("keypoints")
    if keypoints.ndim != 3 or keypoints.shape[1] not in _SETS or keypoints.shape[2] not in (2, 3):
        raise InputError(
            f"{name}, field 'keypoints': expected shape (N, 17 or 24, 2 or 3), received"
            f" {keypoints.shape}"
        )
    count, num_keypoints, num_values = keypoints.shape
    confidence = np.ones((count, num_keypoints))
    if num_values == 3:
        keypoints, confidence = keypoints[..., :2], keypoints[..., 2]
    if "confidence" in arrays.names:
        confidence = arrays.numbers("confidence")
        _check_shape(arrays, "confidence", confidence, (count, num_keypoints))
    boxes = arrays.numbers("boxes") if "boxes" in arrays.names else None
    if boxes is not None:
        _check_shape(arrays, "boxes", boxes, (count, 4))
    intrinsics = _repeated(arrays, "intrinsics", (count, 3, 3))
    images = _images(arrays, count, first_frame)
    track_ids = _texts(arrays, "person_ids", count)
    person_ids = _person_ids(track_ids, images, name)
    people = [
        Person(
            person_ids[row],
            images[row],
            keypoints[row],
            confidence[row],
            box=None if boxes is None else boxes[row],
            track_id=None if track_ids is None else track_ids[row],
            intrinsics=None if intrinsics is None else intrinsics[row],
        )
        for row in range(count)
    ]
    return People(_SETS[num_keypoints], people, [], num_images=len({i.frame for i in images}))


def _images(arrays: NpzArrays, count: int, first_frame: int) -> list[ImageEntry]:
    names = _texts(arrays, "image_names", count) or [f"{row:06d}" for row in range(count)]
    frames = {name: first_frame + place for place, name in enumerate(dict.fromkeys(names))}
    sizes = _repeated(arrays, "image_sizes", (count, 2))
    if sizes is None:
        return [ImageEntry((name,), frames[name]) for name in names]
    is_size = (sizes >= 1).all(axis=1) & (sizes % 1 == 0).all(axis=1)
    is_size &= sizes.prod(axis=1) <= MAX_PIXELS
    if not is_size.all():
        row = int(np.flatnonzero(~is_size)[0])
        raise InputError(
            f"{arrays.file}, field 'image_sizes': expected whole height and width of at most"
            f" {MAX_PIXELS} pixels, received {sizes[row].tolist()} in row {row}"
        )
    return [
        ImageEntry((name,), frames[name], (int(height), int(width)))
        for name, (height, width) in zip(names, sizes, strict=True)
    ]


def _person_ids(track_ids: list[str] | None, images: list[ImageEntry], name: str) -> list[str]:
    """Names every row; people who appear more than once are named after their images too."""
    if track_ids is None:
        return [str(row) for row in range(len(images))]
    if len(set(track_ids)) == len(track_ids):
        return track_ids
    person_ids = [
        f"{track_id}_{image.frame}" for track_id, image in zip(track_ids, images, strict=True)
    ]
    if len(set(person_ids)) < len(person_ids):
        raise InputError(
            f"{name}, field 'person_ids': expected a person once an image, received one twice"
        )
    return person_ids


def _texts(arrays: NpzArrays, field: str, count: int) -> list[str] | None:
    if field not in arrays.names:
        return None
    texts = arrays.texts(field)
    if len(texts) != count:
        raise InputError(
            f"{arrays.file}, field {field!r}: expected {count} texts, received {len(texts)}"
        )
    return texts


def _repeated(arrays: NpzArrays, field: str, shape: tuple[int, ...]) -> np.ndarray | None:
    """Reads an array of a row each, or one row for all."""
    if field not in arrays.names:
        return None
    values = arrays.finite_numbers(field)
    if values.shape == shape[1:]:
        values = np.broadcast_to(values, shape)
    _check_shape(arrays, field, values, shape)
    return values


def _check_shape(arrays: NpzArrays, field: str, values: np.ndarray, shape: tuple[int, ...]) -> None:
    if values.shape != shape:
        raise InputError(
            f"{arrays.file}, field {field!r}: expected shape {shape}, received {values.shape}"
        )
