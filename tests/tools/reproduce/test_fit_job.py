import dataclasses
from typing import ClassVar

import numpy as np
import pytest

from hps_tf.data import motion_records
from hps_tf.errors import InputError
from hps_tf.fitting.result import FitResult
from hps_tf.priors import GaussianMixture, PosePrior
from hps_tf.priors.pose_space import AXIS_ANGLE, SIX_D
from tools.reproduce import fit_job, rows, study
from tools.reproduce.collected import collect
from tools.reproduce.rows import ROWS
from tools.reproduce.study import Study

NUM_IMAGES = 6
BEST_WEIGHT = 0.1


class FakeFitter:
    """Finds the truth, bent the more the further the weight is from the best."""

    made: ClassVar[list]
    fitted: ClassVar[list]

    def __init__(self, body, pose, *, keypoint_set, map_size):
        FakeFitter.made.append((pose, map_size))
        self.body, self.pose, self.map_size = body, pose, map_size

    def candidates(self, evidence, weights):
        FakeFitter.fitted.append((self.pose, len(evidence), weights))
        term = weights.prior if self.map_size is None else weights.alignment
        bend = 0.05 + abs(np.log(max(term, 1e-6) / BEST_WEIGHT)) / 10
        count = len(evidence)
        pose = np.zeros((count, 24, 3), np.float32)
        pose[:, 16] = bend
        shape = np.zeros((count, self.body.num_shape), np.float32)
        translation = np.zeros((count, 3), np.float32)
        joints = self.body.joints(pose=pose, shape=shape, translation=translation).numpy()
        rest = {field.name: np.zeros(count) for field in dataclasses.fields(FitResult)}
        values = {"pose": pose, "shape": shape, "translation": translation, "joints_3d": joints}
        return [FitResult(**{**rest, **values, "terms": {}})]


@pytest.fixture(scope="module")
def priors(tmp_path_factory):
    directory = tmp_path_factory.mktemp("runs")
    for data in ("wide", "same"):
        for code, space in (("6d", SIX_D), ("aa", AXIS_ANGLE)):
            for seed in range(2):
                prior = PosePrior(space, 0.1 + 0.01 * seed, "light", num_steps=2, num_joint_steps=2)
                covariance = np.eye(space.dim)
                gaussian = GaussianMixture.gaussian(np.zeros(space.dim), covariance)
                prior.references = {"gaussian": gaussian, "gmm8": gaussian}
                run = directory / f"flow-{data}-{code}-s{seed}"
                run.mkdir()
                prior.save(run / "prior.npz")
    return directory


@pytest.fixture(scope="module")
def data(tmp_path_factory, make_clip):
    directory = tmp_path_factory.mktemp("data") / "cmu"
    directory.mkdir()
    for split in ("val", "test"):
        members = [make_clip(f"{split}_{index}", 8, split, index) for index in range(3)]
        motion_records.write_shards(directory, split, members)
    return directory


@pytest.fixture
def make_study(priors, data, tmp_path, body, monkeypatch):
    monkeypatch.setattr(fit_job, "Fitter", FakeFitter)
    monkeypatch.setattr(study, "NUM_VALIDATION", 3)
    monkeypatch.setattr(study, "load_default", lambda _: body)
    monkeypatch.setattr(fit_job, "load_default", lambda _: body)
    monkeypatch.setattr(
        fit_job.tf.config.threading, "set_intra_op_parallelism_threads", lambda _: None
    )
    FakeFitter.made, FakeFitter.fitted = [], []

    def make(output="output", num_images=NUM_IMAGES):
        return Study((data,), priors, tmp_path / output, num_images, seed=0)

    return make


def job_of(study, prior, space, representation=rows.SIX_D):
    [job] = [
        job
        for job in fit_job.jobs(study, [row for row in ROWS if "flow" in row.family])
        if (job.rows[0].prior, job.rows[0].space, job.rows[0].representation)
        == (prior, space, representation)
    ]
    return job


def test_jobs_cover_every_row_once_and_put_part_maps_last(make_study):
    jobs = fit_job.jobs(make_study(), ROWS)
    assert sorted(row.key for job in jobs for row in job.rows) == sorted(row.key for row in ROWS)
    for job in jobs:
        features = [row.features for row in job.rows]
        assert features == sorted(features)
        assert len({(row.prior, row.representation, row.space) for row in job.rows}) == 1


def test_weights_are_chosen_on_validation_people_and_used_on_test_people(make_study):
    study = make_study()
    job = job_of(study, rows.FLOW, rows.LATENT)
    fit_job.run(job)
    validation = [weights for _, count, weights in FakeFitter.fitted if count == 3]
    tests = [weights for _, count, weights in FakeFitter.fitted if count == NUM_IMAGES]
    assert [weights.prior for weights in validation[:3]] == [0.1, 0.3, 0.03]
    assert len(tests) == 4 * 2
    assert {weights.prior for weights in tests} == {BEST_WEIGHT}
    assert {weights.alignment for weights in tests[4:]} == {BEST_WEIGHT}


def test_one_program_serves_all_data_and_seeds(make_study):
    fit_job.run(job_of(make_study(), rows.FLOW, rows.AMBIENT))
    assert len(FakeFitter.made) == 1
    assert len({id(pose) for pose, *_ in FakeFitter.fitted}) == len(FakeFitter.fitted)
    starts = {pose.start().tobytes() for pose, count, _ in FakeFitter.fitted if count > 3}
    assert len(starts) > 1


def test_a_job_run_again_fits_nothing_and_goes_on_after_a_missing_part(make_study):
    study = make_study()
    job = job_of(study, rows.GMM, rows.AMBIENT, rows.AXIS_ANGLE)
    fit_job.run(job)
    num_fits = len(FakeFitter.fitted)
    fit_job.run(job)
    assert len(FakeFitter.fitted) == num_fits
    (study.output / "parts" / f"{fit_job.part_name(job.rows[0], 1)}.npz").unlink()
    fit_job.run(job)
    assert len(FakeFitter.fitted) == num_fits + 1


def test_another_prior_under_the_same_name_is_refused(make_study, priors, tmp_path):
    study = make_study()
    job = job_of(study, rows.GAUSSIAN, rows.LATENT)
    fit_job.run(job)
    other = tmp_path / "runs"
    for run in priors.iterdir():
        (other / run.name).mkdir(parents=True)
        name = run.name.replace("s0", "s1") if "s0" in run.name else run.name.replace("s1", "s0")
        (other / run.name / "prior.npz").write_bytes((priors / name / "prior.npz").read_bytes())
    changed = dataclasses.replace(study, priors=other)
    with pytest.raises(InputError, match="was made with prior"):
        fit_job.run(dataclasses.replace(job, study=changed))


def test_finished_rows_are_collected_with_their_seeds_and_weights(make_study):
    study = make_study()
    job = job_of(study, rows.FLOW, rows.LATENT)
    fit_job.run(job)
    collected = collect(study, job.rows[-1])
    assert collected.errors.seeds == (0, 1)
    assert collected.errors.mpjpe.shape == (2, NUM_IMAGES)
    chosen = collected.errors.weights
    assert list(chosen) == ["keypoints", "prior", "shape", "alignment"]
    assert (chosen["prior"], chosen["alignment"]) == (BEST_WEIGHT, BEST_WEIGHT)
    assert collected.errors.validation_mpjpe > 0
    assert collected.bodies["pose"].shape == (NUM_IMAGES, 24, 3)
