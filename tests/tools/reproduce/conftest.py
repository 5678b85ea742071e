import copy
import dataclasses
import sys
from typing import ClassVar

import numpy as np
import pytest

from hps_tf import models
from hps_tf.body import load_default, load_small
from hps_tf.cli import command
from hps_tf.data.mocap import motion_records
from hps_tf.data.mocap.motion import MotionClip
from hps_tf.evaluation import held_out_people
from hps_tf.fitting.result import FitResult
from hps_tf.models import PRESETS, StagedNetwork
from hps_tf.priors import FlowPrior, GaussianMixture
from hps_tf.priors.pose_space import AXIS_ANGLE, SIX_D
from tests import loaded_once
from tests.tools.reproduce.network_fakes import FakeTraining
from tools.reproduce import __main__ as program
from tools.reproduce import fit_job, image_domains, study
from tools.reproduce.image_domains import Synthetic
from tools.reproduce.network_study import NetworkStudy
from tools.reproduce.row_errors import RowErrors

BEST_WEIGHT = 0.1


class FakeFitter:
    """Finds a T-pose, too large the more the further the weight is from the best."""

    made: ClassVar[list]
    fitted: ClassVar[list]

    def __init__(self, body, pose, *, keypoint_set, map_size, solver):
        assert solver == "lbfgs"  # The paper's.
        FakeFitter.made.append((pose, map_size))
        self.body, self.pose, self.map_size = body, pose, map_size

    def with_pose(self, pose):
        other = copy.copy(self)
        other.pose = pose
        return other

    def candidates(self, evidence, weights):
        FakeFitter.fitted.append((self.pose, len(evidence), weights))
        term = weights.prior if self.map_size is None else weights.alignment
        size = 1.0 + abs(np.log(max(term, 1e-6) / BEST_WEIGHT))
        count = len(evidence)
        pose = np.zeros((count, 24, 3), np.float32)
        shape = np.zeros((count, self.body.num_shape), np.float32)
        translation = np.zeros((count, 3), np.float32)
        joints = self.body.joints(pose=pose, shape=shape, translation=translation).numpy()
        joints *= size
        rest = {field.name: np.zeros(count) for field in dataclasses.fields(FitResult)}
        values = {"pose": pose, "shape": shape, "translation": translation, "joints_3d": joints}
        return [FitResult(**{**rest, **values, "terms": {}})]


@pytest.fixture(scope="session")
def make_clip():
    def make(name, num_frames, split="test", seed=0):
        pose = np.random.default_rng(seed).normal(scale=0.3, size=(num_frames, 24, 3))
        return MotionClip(
            name=name,
            subject=name.split("_")[0],
            split=split,
            fps=30.0,
            pose=pose.astype(np.float32),
            translation=np.zeros((num_frames, 3), np.float32),
            source=name,
            time=np.arange(num_frames, dtype=np.float32) / 30,
        )

    return make


@pytest.fixture(scope="session")
def body():
    return load_default(3000)


@pytest.fixture(scope="session")
def clips(make_clip):
    lengths = {"01_01": 40, "01_02": 30, "02_01": 2}
    return [
        make_clip(name, length, seed=1 + index)
        for index, (name, length) in enumerate(lengths.items())
    ]


@pytest.fixture(scope="session")
def people(clips, body):
    return held_out_people.draw(clips, 12, seed=0, body=body)


@pytest.fixture(scope="session")
def make_errors():
    """Errors of a row around a mean; rows with one noise seed are alike in their people."""

    def make(row, mean, num_seeds=3, num_people=200, noise_seed=0):
        rng = np.random.default_rng(noise_seed)
        mpjpe = mean + rng.normal(scale=0.5, size=(num_seeds, num_people))
        return RowErrors(
            row=row,
            seeds=tuple(range(num_seeds)),
            mpjpe=mpjpe,
            pa_mpjpe=0.7 * mpjpe,
            mpvpe=1.2 * mpjpe,
            oracle_mpjpe=mpjpe - 2.0 * (np.arange(num_people) < num_people // 4),
            seconds=np.full(num_seeds, 9.0),
            weights={"prior": 0.03, "shape": 0.1},
            validation_mpjpe=mean + 0.1,
        )

    return make


@pytest.fixture(scope="session")
def priors(tmp_path_factory):
    directory = tmp_path_factory.mktemp("runs")
    for data in ("wide", "same"):
        for code, space in (("6d", SIX_D), ("aa", AXIS_ANGLE)):
            for seed in range(2):
                prior = FlowPrior(space, 0.1 + 0.01 * seed, "light", num_steps=1, num_joint_steps=1)
                covariance = np.eye(space.dim)
                gaussian = GaussianMixture.gaussian(np.zeros(space.dim), covariance)
                prior.references = {"gaussian": gaussian, "gmm8": gaussian}
                run = directory / f"flow-{data}-{code}-s{seed}"
                run.mkdir()
                prior.save(run / "prior.npz")
    return directory


@pytest.fixture(scope="session")
def few_priors(priors, tmp_path_factory):
    """One run, for what does not need the whole table."""
    directory = tmp_path_factory.mktemp("few_runs")
    (directory / "flow-wide-aa-s0").symlink_to(priors / "flow-wide-aa-s0")
    return directory


@pytest.fixture(scope="session")
def data(tmp_path_factory, make_clip):
    directory = tmp_path_factory.mktemp("data") / "cmu"
    directory.mkdir()
    for split in ("val", "test"):
        members = [make_clip(f"{split}_{index}", 8, split, index) for index in range(3)]
        motion_records.write_shards(directory, split, members)
    return directory


@pytest.fixture
def fake_fitter(body, monkeypatch):
    """Puts the fake in the fitter's place, and three people on the validation."""
    monkeypatch.setattr(fit_job, "Fitter", FakeFitter)
    monkeypatch.setattr(study, "NUM_VALIDATION", 3)
    monkeypatch.setattr(study, "load_default", lambda _: body)
    monkeypatch.setattr(fit_job, "load_default", lambda _: body)
    monkeypatch.setattr(
        fit_job.tf.config.threading, "set_intra_op_parallelism_threads", lambda _: None
    )
    FakeFitter.made, FakeFitter.fitted = [], []
    return FakeFitter


@pytest.fixture
def reproduce(monkeypatch):
    monkeypatch.setattr(program.signal, "signal", lambda *_: None)

    def run(*arguments):
        """Runs the program; returns its exit code."""
        monkeypatch.setattr(sys, "argv", ["tools.reproduce", *map(str, arguments)])
        with pytest.raises(SystemExit) as exit_:
            command.run(program.main, "tools.reproduce")
        return exit_.value.code

    return run


@pytest.fixture(scope="session")
def domains(tmp_path_factory):
    """Directories of labelled and weak images, 20 each."""
    directory = tmp_path_factory.mktemp("domains")
    synthetic = Synthetic(20, 64, ())
    return image_domains.labelled(directory, synthetic), image_domains.weak(directory, synthetic)


@pytest.fixture(scope="session")
def network_file(tmp_path_factory):
    """An untrained network, in a run directory."""
    path = tmp_path_factory.mktemp("network") / "run" / "network.npz"
    path.parent.mkdir()
    prior = loaded_once.prior("cmu-6d-light")
    models.save(StagedNetwork(PRESETS["tiny"], prior, load_small().num_shape), path)
    return path


@pytest.fixture
def training(monkeypatch):
    fake = FakeTraining()
    monkeypatch.setattr(NetworkStudy, "train", lambda *arguments: fake(*arguments))
    return fake
