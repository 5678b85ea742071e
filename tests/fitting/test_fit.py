import importlib
from pathlib import Path

import numpy as np
import pytest

from hps_tf import fitting
from hps_tf.errors import InputError
from hps_tf.fitting import Fitter
from hps_tf.fitting.evidence import Evidence
from hps_tf.fitting.pose_variables import LatentPrior
from hps_tf.priors import FlowPrior, PoseVAE, pose_space

# The package has a function of that name.
module = importlib.import_module("hps_tf.fitting.fit")


@pytest.fixture
def used(monkeypatch):
    """The priors that fits were asked for, in the place of fits."""
    priors = []

    class Fits:
        def fit(self, evidence, weights, **options):
            return len(evidence)

    def fitter(body, prior, *kind):
        priors.append(prior)
        return Fits()

    monkeypatch.setattr(module, "_fitter", fitter)
    return priors


@pytest.fixture
def seen():
    intrinsics = np.array([[[500.0, 0, 128], [0, 500, 128], [0, 0, 1]]])
    return Evidence(np.ones((1, 17, 2)), np.ones((1, 17)), intrinsics)


def small(bias: float) -> FlowPrior:
    prior = FlowPrior(pose_space.AXIS_ANGLE, 0.1, "light", num_steps=1, num_joint_steps=0)
    prior.body_steps[0].bias.assign(np.full(63, bias))
    return prior


@pytest.mark.parametrize("kind", [str, Path])
def test_a_prior_is_taken_by_the_path_of_its_file(used, seen, tmp_path, kind):
    small(0.25).save(tmp_path / "prior.npz")
    assert fitting.fit(seen, prior=kind(tmp_path / "prior.npz")) == 1
    np.testing.assert_array_equal(used[0].body_steps[0].bias, np.float32(0.25))


def test_a_prior_whose_file_was_written_again_is_read_again(used, seen, tmp_path):
    for bias in (0.25, 0.5):
        small(bias).save(tmp_path / "prior.npz")
        for _ in range(2):
            fitting.fit(seen, prior=tmp_path / "prior.npz")
    assert [float(prior.body_steps[0].bias[0]) for prior in used] == [0.25, 0.25, 0.5, 0.5]
    assert used[0] is used[1]


def test_a_file_without_a_density_is_refused(used, seen, tmp_path):
    vae = PoseVAE(pose_space.AXIS_ANGLE, 0.1, hidden_units=4, latent_dim=2)
    vae.save(tmp_path / "vae.npz")
    with pytest.raises(InputError, match=r"vae\.npz: expected a prior with a density"):
        fitting.fit(seen, prior=tmp_path / "vae.npz")
    with pytest.raises(InputError, match="nobody: no such prior"):
        fitting.fit(seen, prior=Path("nobody"))


def test_fit_and_fitter_have_one_default_solver(body):
    prior = small(0.0)
    pose = LatentPrior(prior)
    by_default = Fitter(body, pose)
    of_fit = module._fitter(body, prior, "coco17", None, False)
    asked_for = Fitter(body, pose, solver="least_squares")
    kinds = {type(fitter._minimizer) for fitter in (by_default, of_fit, asked_for)}
    assert len(kinds) == 1
    windows = Fitter(body, pose, num_frames=4)
    assert type(windows._minimizer) is type(Fitter(body, pose, solver="lbfgs")._minimizer)
