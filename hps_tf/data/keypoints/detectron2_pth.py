"""Reader of Detectron2's `instances_predictions.pth`, without PyTorch and without running code.

The file is an archive whose `data.pkl` pickles lists of plain numbers: `[{"image_id", "instances":
[{"image_id", "category_id", "bbox", "score", "keypoints"}, ...]}, ...]`. A pickle that names any
class or function is refused.
"""

import io
import pickle
import zipfile
from typing import Any, NoReturn

from hps_tf.errors import InputError
from hps_tf.io import bounded_pickle
from hps_tf.io.npz_arrays import DAMAGED

_ENTRY = "/data.pkl"
_MAX_BYTES = 1 << 30


def matches(data: bytes) -> bool:
    """Returns whether a file is an archive that PyTorch wrote."""
    return data.startswith(b"PK") and _ENTRY.encode() in data


def parse(data: bytes, name: str) -> Any:
    """Reads the predictions as lists and objects, as `coco_results` takes them.

    Args:
      data: The file's content.
      name: How errors call the file.

    Raises:
      InputError: If it is damaged, or holds anything but plain numbers.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entry = next(e for e in archive.infolist() if e.filename.endswith(_ENTRY))
            if entry.file_size > _MAX_BYTES:
                raise InputError(f"{name}: expected at most {_MAX_BYTES} bytes")
            content = _Unpickler(io.BytesIO(archive.read(entry))).load()
    except InputError:
        raise
    except (*DAMAGED, pickle.UnpicklingError, StopIteration, NotImplementedError) as error:
        raise InputError(f"{name}: expected predictions of Detectron2, received: {error}") from None
    if not isinstance(content, list):
        raise InputError(
            f"{name}: expected a list of predictions, received {type(content).__name__}"
        )
    return content


class _Unpickler(bounded_pickle.Unpickler):
    """Reads lists, dictionaries, texts and numbers."""

    def find_class(self, module: str, name: str) -> NoReturn:
        raise pickle.UnpicklingError(f"a pickle that asks for {module}.{name}")

    def persistent_load(self, pid: Any) -> NoReturn:
        raise pickle.UnpicklingError("a pickle with tensors")
