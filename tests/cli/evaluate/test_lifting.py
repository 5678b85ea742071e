import json
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from hps_tf.cli import evaluate as program
from hps_tf.cli.evaluate import lifting
from hps_tf.errors import InputError
from hps_tf.evaluation import lifting_figures
from hps_tf.evaluation.keypoint_conditions import CONDITIONS
from hps_tf.geometry import axis_angle
from hps_tf.geometry.spread import Spread
from hps_tf.models import LiftedPeople, Lifter, LiftingNetwork, LiftingOptions, lifting_file

SUBJECTS = {"01_01": "a", "01_02": "a", "02_01": "b"}
DEVIATIONS = {"pose": 0.2, "root": 0.1, "place": 0.01, "shape": 0.5, "keypoints": 4.0}


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(0)
    return LiftingNetwork(LiftingOptions(width=8, blocks=1), np.tile([1, 0, 0, 0, 1, 0], 21))


class _Knowing:
    """Errs by normal numbers whose deviations it knows."""

    def __init__(self, people, body, factor=1.0):
        self.people, self.body, self.factor = people, body, factor

    def __call__(self, keypoints_2d, confidence, intrinsics):
        rng, count = np.random.default_rng(0), len(self.people)

        def off(name, *shape):
            return np.float32(DEVIATIONS[name] * rng.normal(size=(count, *shape)))

        true = self.people.rotation_matrices
        turned = np.concatenate([off("root", 1, 3), off("pose", 21, 3)], axis=1)
        wrong = tf.transpose(axis_angle.to_matrix(turned), [0, 1, 3, 2]).numpy()
        rotations = np.concatenate([true[:, :22] @ wrong, true[:, 22:]], axis=1)
        place, depth = off("place", 2), np.exp(off("place", 1))
        x = self.people.translation
        z = x[:, 2:] * depth
        shift = np.concatenate([(x[:, :2] / x[:, 2:] + place) * z, z], axis=1)
        shape = self.people.shape.copy()
        shape[:, :10] += off("shape", 10)
        vertices, joints = self.body(rotation_matrices=rotations, shape=shape, translation=shift)
        people = _Person(rotations, shape, shift, vertices, joints)
        sizes = {"pose": (21, 3), "root": (3,), "place": (3,), "shape": (10,), "keypoints": (17,)}
        spread = Spread(
            *(
                np.full((count, *size), self.factor * DEVIATIONS[name], np.float32)
                for name, size in sizes.items()
            )
        )
        return LiftedPeople(people, spread)


class _Person:
    def __init__(self, rotation_matrices, shape, translation, vertices, joints):
        self.rotation_matrices, self.shape = rotation_matrices, shape
        self.translation, self.vertices, self.joints = translation, vertices, joints


def test_errors_within_a_known_deviation_are_two_thirds(people, body):
    figures = lifting_figures.measure(_Knowing(people, body), people, SUBJECTS)[
        "4 px, 20 % missing"
    ]
    for name, share in figures["within_deviation"].items():
        assert share == pytest.approx(0.683, abs=0.09), name
    wide = lifting_figures.measure(_Knowing(people, body, 2.0), people, SUBJECTS)[
        "4 px, 20 % missing"
    ]
    for name, share in wide["within_deviation"].items():
        assert share == pytest.approx(0.954, abs=0.05), name


def test_errors_are_means_by_subject_and_in_all(people, body):
    figures = lifting_figures.measure(_Knowing(people, body), people, SUBJECTS)["exact"]
    counts = {"a": 0, "b": 0}
    for clip in people.clips:
        counts[SUBJECTS[clip]] += 1
    for name in ("mpjpe_mm", "pa_mpjpe_mm"):
        by_subject = sum(
            counts[subject] * values[name] for subject, values in figures["by_subject"].items()
        )
        assert figures[name] == pytest.approx(by_subject / len(people))
        low, high = figures[name.replace("_mm", "_interval_mm")]
        assert low < figures[name] < high


def test_a_perfect_network_has_no_error(people, body, monkeypatch):
    for name in DEVIATIONS:
        monkeypatch.setitem(DEVIATIONS, name, 1e-6)
    figures = lifting_figures.measure(_Knowing(people, body), people, SUBJECTS)
    assert figures.keys() == CONDITIONS.keys()
    assert figures["exact"]["mpjpe_mm"] == pytest.approx(0, abs=0.1)


@pytest.fixture
def call(monkeypatch, data_dir, network, tmp_path):
    """Runs the program on a saved network."""
    lifting_file.save(network, tmp_path / "lifting.npz")

    def call(**options):
        options = {"lifting": tmp_path / "lifting.npz", "data": data_dir, "people": 6, **options}
        arguments = [f"--{name}={value}" for name, value in options.items()]
        monkeypatch.setattr(sys, "argv", ["tools.evaluate", "lifting", *arguments])
        program.main()

    return call


def test_program_prints_and_writes_the_figures(call, capsys, tmp_path):
    call(json=tmp_path / "figures.json")
    written = json.loads((tmp_path / "figures.json").read_text())
    assert written["lifting"] == "lifting"
    assert (written["split"], written["num_people"], written["num_clips"]) == ("test", 6, 1)
    table = capsys.readouterr().out
    assert table.strip() == lifting.text(written)
    for condition, values in written["conditions"].items():
        assert f"{condition:{max(map(len, CONDITIONS))}}" in table
        assert f"{values['mpjpe_mm']:.1f} [" in table
        assert values["by_subject"].keys() == {"03"}


def test_figures_are_those_of_the_lifter(people, body, network):
    lifter = Lifter(network, body)
    figures = lifting_figures.measure(lifter, people, SUBJECTS)
    worse, better = figures["8 px, 40 % missing"], figures["exact"]
    assert worse["mpjpe_mm"] != better["mpjpe_mm"]
    assert all(0 <= share <= 1 for share in better["within_deviation"].values())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"people": 1000}, "people: expected at most the 60 of the data, received 1000"),
        ({"lifting": "none.npz"}, "none.npz: no such network; expected a file or one of"),
        ({"json": "no/where.json"}, "--json no/where.json: there is no directory no"),
        ({"split": "other"}, "expected clips of split 'other', received none"),
    ],
)
def test_wrong_arguments_are_named(call, options, message):
    with pytest.raises(InputError, match=message):
        call(**options)
