import json
import sys
import types

import numpy as np
import pytest
from pycocotools.coco import COCO

from hps_tf.cli import evaluate as program
from hps_tf.cli.evaluate import detection as command
from hps_tf.detection import People
from hps_tf.errors import InputError
from hps_tf.evaluation import detection_figures as detection
from tests.data import coco_files

BOXES = [coco_files.BOXES[1], coco_files.BOXES[2]]


class Painted:
    """Finds the first people of the painted figures, moved by some pixels."""

    def __init__(self, count=2, shift=0.0):
        self._count, self._shift = count, shift

    def find_people(self, images):
        boxes = np.array(BOXES[: self._count]).reshape(-1, 4)
        points = boxes[:, np.newaxis, :2] + coco_files.KEYPOINTS * boxes[:, np.newaxis, 2:] - 0.5
        ones = np.ones(points.shape[:2])
        score = np.linspace(0.9, 0.8, len(boxes))
        return [People(boxes, points + self._shift, ones, score) for _ in images]

    def keypoints(self, images, boxes):
        raise NotImplementedError


def nobody():
    return Painted(0)


@pytest.fixture
def files(tmp_path):
    """Annotations of two people, one of whom has four keypoints, and the photograph."""
    coco_files.Image.fromarray(coco_files.painted(BOXES)).save(tmp_path / "1.png")
    people = [coco_files.person(i + 1, 1, box) for i, box in enumerate(BOXES)]
    image = coco_files.image(1, file_name="1.png")
    content = {
        "images": [image],
        "annotations": people,
        "categories": [{"id": 1, "name": "person"}],
    }
    for person in people:
        person.update(area=0.5 * person["bbox"][2] * person["bbox"][3], iscrowd=0, category_id=1)
        person["num_keypoints"] = 17
    people[1]["keypoints"][4 * 3 :] = [0] * (13 * 3)
    people[1]["num_keypoints"] = 4
    path = tmp_path / "people.json"
    path.write_text(json.dumps(content))
    return path


@pytest.fixture
def truth(files):
    return COCO(str(files))


def test_recall_counts_people_with_five_keypoints(truth, files):
    for detector, recall, num_found in (
        (Painted(), 1.0, 2),
        (Painted(1), 1.0, 1),
        (Painted(shift=40), 0.0, 2),
        (Painted(0), 0.0, 0),
    ):
        results = detection.find(detector, truth, files.parent)
        figures = detection.measure(truth, results)
        assert figures["recall_oks50"] == recall
        assert (figures["num_people"], figures["num_found"]) == (1, num_found)


def test_precision_is_that_of_coco(truth, files):
    exact = detection.measure(truth, detection.find(Painted(), truth, files.parent))
    assert exact["ap"] == exact["ar"] == pytest.approx(1.0)
    near = detection.measure(truth, detection.find(Painted(shift=2.5), truth, files.parent))
    assert 0.1 < near["ap"] < 0.95
    one = detection.measure(truth, detection.find(Painted(1), truth, files.parent))
    assert one["ar"] == pytest.approx(0.5)


def test_program_prints_and_writes_the_figures(monkeypatch, capsys, files, tmp_path):
    arguments = [
        "detection",
        "--data",
        files,
        "--image_dir",
        tmp_path,
        "--json",
        tmp_path / "a.json",
    ]
    arguments += ["--detector", f"{__name__}:nobody"]
    monkeypatch.setitem(sys.modules, __name__, sys.modules[nobody.__module__])
    monkeypatch.setattr(sys, "argv", ["tools.evaluate", *map(str, arguments)])
    program.main()
    written = json.loads((tmp_path / "a.json").read_text())
    assert list(written) == ["ap", "ar", "recall_oks50", "num_people", "num_found"]
    assert "of 1 people with at least 5 labelled keypoints" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["no.such.module:function", "json:nothing", "other"])
def test_unknown_detector_is_an_error(monkeypatch, capsys, files, tmp_path, name):
    arguments = [
        "detection",
        "--data",
        files,
        "--image_dir",
        tmp_path,
        "--json",
        tmp_path / "a.json",
    ]
    arguments += ["--detector", name]
    monkeypatch.setattr(sys, "argv", ["tools.evaluate", *map(str, arguments)])
    with pytest.raises(SystemExit):
        program.main()
    assert "expected movenet or MODULE:FUNCTION, received" in capsys.readouterr().err


def test_missing_files_are_named(monkeypatch, files, tmp_path):
    with pytest.raises(InputError, match=r"nothing.json: expected a file"):
        detection.annotations(tmp_path / "nothing.json")
    (tmp_path / "1.png").unlink()
    with pytest.raises(InputError, match=r"expected the image '1.png', received none"):
        detection.find(Painted(), detection.annotations(files), tmp_path)


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Runs the program with a detector that finds the painted figures; returns the figures."""
    monkeypatch.setitem(sys.modules, __name__, sys.modules[nobody.__module__])

    def run(*arguments, detector="Painted"):
        path = tmp_path / "figures.json"
        line = ["detection", *map(str, arguments), "--json", str(path)]
        line += ["--detector", f"{__name__}:{detector}"]
        monkeypatch.setattr(sys, "argv", ["tools.evaluate", *line])
        program.main()
        return json.loads(path.read_text())

    return run


def test_hard_pictures_have_recall_by_case_and_counts_where_nobody_is(
    monkeypatch, capsys, files, run, tmp_path
):
    def write(directory):
        (directory / "empty").mkdir(parents=True)
        (directory / "1.png").write_bytes((files.parent / "1.png").read_bytes())
        (directory / "people.json").write_bytes(files.read_bytes())
        for name in ("a.jpg", "b.jpg"):
            coco_files.Image.new("RGB", (64, 48)).save(directory / "empty" / name)

    monkeypatch.setattr(command.hard_scenes, "write", write)
    figures = run("--hard", "--pictures", tmp_path / "kept")
    assert figures["cases"] == {"1.png": {"num_people": 1, "num_matched": 1}}
    assert (figures["num_found_in_empty"], figures["num_empty"]) == (4, 2)
    assert figures["recall_oks50"] == 1
    assert (tmp_path / "kept" / "people.json").exists()
    assert "1.png           1 of 1" in capsys.readouterr().out
    assert run("--hard", detector="nobody")["num_found_in_empty"] == 0


def test_fitted_keypoints_take_the_place_of_those_found(monkeypatch, files, run, tmp_path):
    class Reconstruct:
        def __init__(self, detector):
            self._detector = detector

        def __call__(self, image):
            (people,) = self._detector.find_people([image])
            return types.SimpleNamespace(
                **people._asdict(), fitted_keypoints_2d=people.keypoints + 40
            )

    monkeypatch.setattr(command.reconstruction, "load", lambda *, detector: Reconstruct(detector))
    data = ["--data", files, "--image_dir", tmp_path]
    assert run(*data)["recall_oks50"] == 1
    assert run(*data, "--fitted")["recall_oks50"] == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "expected --data and --image_dir, or --hard"),
        (["--hard", "--image_dir", "x"], "--hard: expected no --data and no --image_dir"),
        (["--data", "x", "--image_dir", "x", "--pictures", "y"], "--pictures: expected with"),
    ],
)
def test_data_and_hard_pictures_exclude_each_other(run, arguments, message):
    with pytest.raises(InputError, match=message):
        run(*arguments)
