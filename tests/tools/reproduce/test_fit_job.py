import dataclasses

import pytest

from hps_tf.errors import InputError
from tools.reproduce import fit_job, rows
from tools.reproduce.collected import collect
from tools.reproduce.rows import ROWS
from tools.reproduce.study import Study

NUM_IMAGES = 6
BEST_WEIGHT = 0.1


@pytest.fixture
def study(priors, data, tmp_path, fake_fitter):
    return Study((data,), priors, tmp_path / "output", NUM_IMAGES, seed=0)


def job_of(study, prior, space, representation=rows.SIX_D):
    [job] = [
        job
        for job in fit_job.jobs(study, [row for row in ROWS if "flow" in row.family])
        if (job.rows[0].prior, job.rows[0].space, job.rows[0].representation)
        == (prior, space, representation)
    ]
    return job


def test_jobs_cover_every_row_once_and_put_part_maps_last(study, fake_fitter):
    jobs = fit_job.jobs(study, ROWS)
    assert sorted(row.key for job in jobs for row in job.rows) == sorted(row.key for row in ROWS)
    for job in jobs:
        features = [row.features for row in job.rows]
        assert features == sorted(features)
        assert len({(row.prior, row.representation, row.space) for row in job.rows}) == 1


def test_weights_are_chosen_on_validation_people_and_used_on_test_people(study, fake_fitter):
    job = job_of(study, rows.FLOW, rows.LATENT)
    fit_job.run(job)
    validation = [weights for _, count, weights in fake_fitter.fitted if count == 3]
    tests = [weights for _, count, weights in fake_fitter.fitted if count == NUM_IMAGES]
    assert {0.03, BEST_WEIGHT, 0.3} <= {weights.prior for weights in validation}
    assert len(tests) == 4 * 2
    assert {weights.prior for weights in tests} == {BEST_WEIGHT}
    assert {weights.alignment for weights in tests[4:]} == {BEST_WEIGHT}


def test_one_program_serves_all_data_and_seeds(study, fake_fitter):
    fit_job.run(job_of(study, rows.FLOW, rows.AMBIENT))
    assert len(fake_fitter.made) == 1
    assert len({id(pose) for pose, *_ in fake_fitter.fitted}) == len(fake_fitter.fitted)
    starts = {pose.start().tobytes() for pose, count, _ in fake_fitter.fitted if count > 3}
    assert len(starts) > 1


def test_a_job_run_again_fits_nothing_and_goes_on_after_a_missing_part(study, fake_fitter):
    job = job_of(study, rows.GMM, rows.AMBIENT, rows.AXIS_ANGLE)
    fit_job.run(job)
    num_fits = len(fake_fitter.fitted)
    fit_job.run(job)
    assert len(fake_fitter.fitted) == num_fits
    (study.output / "parts" / f"{fit_job.part_name(job.rows[0], 1)}.npz").unlink()
    fit_job.run(job)
    assert len(fake_fitter.fitted) == num_fits + 1


def test_another_prior_under_the_same_name_is_refused(study, priors, tmp_path):
    job = job_of(study, rows.GAUSSIAN, rows.LATENT)
    fit_job.run(job)
    other = tmp_path / "runs"
    for run in priors.iterdir():
        (other / run.name).mkdir(parents=True)
        name = run.name.replace("s0", "s1") if "s0" in run.name else run.name.replace("s1", "s0")
        (other / run.name / "prior.npz").write_bytes((priors / name / "prior.npz").read_bytes())
    changed = dataclasses.replace(study, priors=other)
    with pytest.raises(
        InputError, match=r"expected a part with the same settings, received prior .* there"
    ):
        fit_job.run(dataclasses.replace(job, study=changed))


def test_finished_rows_are_collected_with_their_seeds_and_weights(study, fake_fitter):
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
