import importlib
import inspect
from pathlib import Path

import numpy as np
import pytest

from hps_tf import fitting
from hps_tf.body import load_default
from hps_tf.body.skeleton import KEYPOINT_NAMES
from hps_tf.cli import options
from hps_tf.errors import InputError
from hps_tf.fitting import Fitter
from hps_tf.fitting.evidence import Evidence
from hps_tf.fitting.lbfgs import LBFGS
from hps_tf.fitting.levenberg_marquardt import LevenbergMarquardt
from hps_tf.fitting.pose_variables import LatentPrior
from hps_tf.priors import FlowPrior, PoseDiscriminator, pose_space

# The package has a function of that name.
module = importlib.import_module("hps_tf.fitting.fit")


@pytest.fixture
def used(monkeypatch):
    """The fitters that fits were asked of, in the place of fits."""
    fitters = []

    def fit(fitter, evidence, weights, **options):
        fitters.append(fitter)
        return len(evidence)

    monkeypatch.setattr(Fitter, "fit", fit)
    monkeypatch.setattr(module, "_KEPT", {})
    return fitters


def first_bias(fitter):
    """The first bias of the prior's only step."""
    return fitter.pose._prior.body_steps[0].bias


@pytest.fixture
def seen():
    intrinsics = np.array([[[500.0, 0, 128], [0, 500, 128], [0, 0, 1]]])
    return Evidence(np.ones((1, 17, 2)), np.ones((1, 17)), intrinsics)


def small(bias: float) -> FlowPrior:
    prior = FlowPrior(pose_space.AXIS_ANGLE, 0.1, "light", num_steps=1, num_joint_steps=0)
    prior.body_steps[0].bias.assign(np.full(63, bias))
    return prior


def test_the_default_prior_is_that_of_the_commands():
    default = inspect.signature(fitting.fit).parameters["prior"].default
    assert default == options.DEFAULT_PRIOR


@pytest.mark.parametrize("kind", [str, Path])
def test_a_prior_is_taken_by_the_path_of_its_file(used, seen, tmp_path, kind):
    small(0.25).save(tmp_path / "prior.npz")
    assert fitting.fit(seen, prior=kind(tmp_path / "prior.npz")) == 1
    np.testing.assert_array_equal(first_bias(used[0]), np.float32(0.25))


def test_a_prior_whose_file_was_written_again_is_read_again(used, seen, tmp_path):
    for bias in (0.25, 0.5):
        small(bias).save(tmp_path / "prior.npz")
        for _ in range(2):
            fitting.fit(seen, prior=tmp_path / "prior.npz")
    assert [float(first_bias(fitter)[0]) for fitter in used] == [0.25, 0.25, 0.5, 0.5]


def test_equal_bodies_and_priors_of_one_architecture_compile_once(used, seen):
    for bias in (0.25, 0.5):
        fitting.fit(seen, body=load_default(num_vertices=3000), prior=small(bias))
    assert used[0]._solver is used[1]._solver
    assert [float(first_bias(fitter)[0]) for fitter in used] == [0.25, 0.5]
    fitting.fit(seen, body=load_default(num_vertices=6890), prior=small(0.5))
    assert used[2]._solver is not used[1]._solver


def test_four_kinds_of_fits_are_kept(used, seen):
    prior = small(0.0)
    for focal in (False, True):
        for keypoint_set in ("coco17", "smpl24", "h36m17"):
            count = len(KEYPOINT_NAMES[keypoint_set])
            evidence = Evidence(
                np.ones((1, count, 2)), np.ones((1, count)), seen.intrinsics, keypoint_set
            )
            fitting.fit(evidence, prior=prior, fits_focal_length=focal)
    assert list(module._KEPT.values()) == used[2:]


def test_a_file_without_latents_is_refused(used, seen, tmp_path):
    PoseDiscriminator(pose_space.AXIS_ANGLE, 0.1).save(tmp_path / "hmr.npz")
    with pytest.raises(InputError, match=r"hmr\.npz"):
        fitting.fit(seen, prior=tmp_path / "hmr.npz")
    with pytest.raises(InputError, match="nobody: no such prior"):
        fitting.fit(seen, prior=Path("nobody"))


def test_fit_and_fitter_have_one_default_solver(body):
    prior = small(0.0)
    pose = LatentPrior(prior)
    by_default = Fitter(body, pose)
    of_fit = module._fitter(body, prior, "coco17", None, False)
    assert {solver_of(by_default), solver_of(of_fit)} == {LevenbergMarquardt}
    assert solver_of(Fitter(body, pose, num_frames=4)) is LBFGS


def solver_of(fitter):
    return type(fitter._solver._minimizer)
