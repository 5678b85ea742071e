"""The whole command with the real fitter, on COCO's images."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hps_tf.cli import fit


@pytest.fixture(scope="module")
def coco_dir() -> Path:
    """Images with test_coco.json: $HPS_TF_COCO_DIR, else ../shared/data/coco_mmpose."""
    beside = Path(__file__).resolve().parents[4] / "shared" / "data" / "coco_mmpose"
    directory = Path(os.environ.get("HPS_TF_COCO_DIR", beside))
    if not (directory / "test_coco.json").is_file():
        pytest.skip(f"no COCO images in {directory} (set HPS_TF_COCO_DIR)")
    return directory


@pytest.mark.slow
@pytest.mark.needs_data
def test_bodies_line_up_with_the_people_of_coco(coco_dir, tmp_path):
    keypoints = coco_dir / "test_coco.json"
    arguments = ["--keypoints", keypoints, "--image_dir", coco_dir, "--output", tmp_path]
    fit.main([str(argument) for argument in arguments])
    annotations = json.loads(keypoints.read_text())["annotations"]
    boxes = {str(entry["id"]): entry["bbox"] for entry in annotations}
    with np.load(tmp_path / "result.npz") as result:
        ids = result["person_ids"].tolist()
        errors = np.nanmean(result["residuals"], axis=1)
    labelled = [str(entry["id"]) for entry in annotations if entry["num_keypoints"]]
    assert ids == labelled
    sides = np.array([max(boxes[person_id][2:]) for person_id in ids])
    assert (errors < 0.03 * sides).all(), dict(zip(ids, errors / sides, strict=True))
    for path in coco_dir.glob("*.jpg"):
        photograph = np.asarray(Image.open(path).convert("RGB")).astype(int)
        drawn = np.asarray(Image.open(tmp_path / "overlays" / f"{path.stem}.png")).astype(int)
        assert drawn.shape == photograph.shape
        assert 0.005 < (abs(drawn - photograph) > 8).any(axis=2).mean() < 0.6
