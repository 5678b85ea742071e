"""`hps prior`: the files that it reads and writes, and, slowly, poses that are really recovered."""

import numpy as np
import pytest

from hps_tf.body import load_small
from hps_tf.body.limbs import LIMBS, indices
from hps_tf.body.skeleton import JOINT_NAMES
from hps_tf.cli import prior as program
from hps_tf.cli.prior import tasks
from hps_tf.errors import InputError
from hps_tf.evaluation import prior_tasks
from hps_tf.fitting.joint_recovery import Recovered
from hps_tf.fitting.pose_variables import LatentGaussian
from hps_tf.priors import PoseDiscriminator
from hps_tf.priors.pose_space import SIX_D
from tests import loaded_once

ENDS = ("l_hand", "r_hand", "l_foot", "r_foot", "head")
COUNT = 5  # As many slots as hypotheses take, so that one program is compiled.


@pytest.fixture(scope="module")
def flow():
    return loaded_once.prior("cmu-6d-light")


class FakeRecovery:
    """Finds T-poses at the origin; remembers what it saw."""

    seen: list

    def __init__(self, body, variables):
        self._body, self.is_latent = body, True

    def mode(self, joints, sigma, shape):
        if np.isfinite(joints).all(axis=2).sum(axis=1).min() < 3:
            raise ValueError("`joints`: expected at least 3 seen")
        FakeRecovery.seen.append((joints, sigma, shape))
        return self._still(len(joints))

    def hypotheses(self, joints, sigma, count, seed, shape, starts):
        found = self._still(count * len(joints))
        return Recovered(*(part.reshape(-1, count, *part.shape[1:]) for part in found))

    def _still(self, count):
        pose = np.zeros((count, 24, 3), np.float32)
        joints = self._body.joints(pose=pose).numpy()
        return Recovered(pose, np.zeros((count, 3)), joints)


@pytest.fixture
def seen(monkeypatch):
    """Puts the fake in the solver's place; what it saw: joints, noise and shape."""
    FakeRecovery.seen = []
    monkeypatch.setattr(tasks, "JointRecovery", FakeRecovery)
    monkeypatch.setattr(prior_tasks, "variables", lambda prior: None)
    return FakeRecovery.seen


@pytest.fixture
def _solved(monkeypatch, flow):
    """The flow's Gaussian in its place, of which one program is compiled."""
    gaussian = LatentGaussian(flow.references["gaussian"], flow.space)
    monkeypatch.setattr(prior_tasks, "variables", lambda prior: gaussian)


@pytest.fixture(scope="module")
def pose(flow):
    source = flow.references["gaussian"]
    pose = flow.space.to_pose(flow.space.project(source.sample(COUNT, 1))).numpy()
    pose[:, 0] = [0.3, 0.5, -0.2]
    return pose


@pytest.fixture(scope="module")
def betas():
    return np.array([1.0, -0.5])


@pytest.fixture(scope="module")
def joints(pose, betas):
    shape = np.zeros((COUNT, 16), np.float32)
    shape[:, :2] = betas
    translation = np.tile(np.float32([1.0, 2.0, 3.0]), (COUNT, 1))
    return load_small().joints(pose=pose, shape=shape, translation=translation).numpy()


@pytest.fixture
def run(tmp_path):
    """Runs a task on a file of the given fields; returns the fields of its output."""

    def run(task, *options, **fields):
        np.savez(tmp_path / "in.npz", **fields)
        output = tmp_path / "out.npz"
        program.main([task, str(tmp_path / "in.npz"), *options, "--output", str(output)])
        return dict(np.load(output))

    return run


@pytest.mark.slow
@pytest.mark.usefixtures("_solved")
def test_noise_is_removed_and_the_output_is_a_body_of_the_same_shape(run, joints, betas, capsys):
    noise = np.random.default_rng(0).normal(scale=0.1, size=joints.shape)
    found = run("denoise", "--noise", "0.1", joints=joints + noise, betas=betas)
    errors = np.linalg.norm(found["joints"] - joints, axis=2)
    assert errors.mean() < 0.7 * np.linalg.norm(noise, axis=2).mean()
    again = load_small().joints(
        pose=found["poses"].reshape(COUNT, 24, 3).astype(np.float32),
        shape=np.tile(found["betas"], (COUNT, 1)),
        translation=found["trans"].astype(np.float32),
    )
    np.testing.assert_allclose(again, found["joints"], atol=1e-4)


@pytest.mark.slow
@pytest.mark.usefixtures("_solved")
def test_hypotheses_differ_where_joints_are_hidden(run, joints, betas):
    arm = indices(LIMBS["left_arm"])
    options = ("--hidden", "left_arm", "--hypotheses", "4")
    found = run("complete", *options, joints=joints, betas=betas)
    spread = found["hypothesis_joints"].std(axis=1).mean(axis=(0, 2))
    assert spread[arm].min() > 3 * np.delete(spread, arm).max()
    assert np.linalg.norm(np.delete(found["joints"] - joints, arm, axis=1), axis=2).mean() < 0.02


@pytest.mark.slow
@pytest.mark.usefixtures("_solved")
def test_hands_feet_and_head_are_met(run, joints, betas):
    ends = [JOINT_NAMES.index(name) for name in ENDS]
    found = run("ik", joints=joints, betas=betas)["joints"]
    assert np.linalg.norm(found - joints, axis=2)[:, ends].mean() < 0.02


def test_joints_are_handed_to_the_solver_as_they_are(run, seen, joints, betas, capsys):
    found = run("denoise", "--noise", "0.1", joints=joints, betas=betas, mocap_framerate=60.0)
    ((given, sigma, shape),) = seen
    np.testing.assert_array_equal(given, joints)
    assert sigma == 0.1
    np.testing.assert_allclose(shape, [*betas, *np.zeros(14)])
    np.testing.assert_array_equal(found["betas"], shape)
    assert found["poses"].shape == (COUNT, 72)
    assert found["joints"].shape == (COUNT, 24, 3)
    assert found["mocap_framerate"] == 60.0
    assert "5 poses; the joints seen are" in capsys.readouterr().out


def test_poses_are_read_as_amass_writes_them(run, seen, pose, joints, betas):
    rows = np.concatenate([pose[:, :22].reshape(COUNT, -1), np.ones((COUNT, 90))], axis=1)
    run("denoise", poses=rows, betas=betas, trans=np.tile([1.0, 2.0, 3.0], (COUNT, 1)))
    np.testing.assert_allclose(seen[0][0], joints, atol=1e-5)


def test_its_own_output_is_an_input(run, seen, joints):
    first = run("denoise", joints=joints)
    del first["joints"]
    run("denoise", **first)
    pose = np.zeros((COUNT, 24, 3), np.float32)
    np.testing.assert_allclose(seen[1][0], load_small().joints(pose=pose), atol=1e-5)


def test_limbs_and_unknown_joints_are_hidden(run, seen, joints):
    known = joints.copy()
    known[0, JOINT_NAMES.index("r_foot")] = np.nan
    found = run("complete", "--hidden", "left_arm", "--hypotheses", "4", joints=known)
    expected = known.copy()
    expected[:, indices(LIMBS["left_arm"])] = np.nan
    np.testing.assert_array_equal(seen[0][0], expected)
    assert found["hypothesis_poses"].shape == (COUNT, 4, 72)
    assert found["hypothesis_trans"].shape == (COUNT, 4, 3)
    assert found["hypothesis_joints"].shape == (COUNT, 4, 24, 3)
    assert "hypothesis_poses" not in run("complete", "--hidden", "left_arm", joints=joints)


def test_ik_looks_at_hands_feet_and_head(run, seen, joints):
    run("ik", joints=joints)
    expected = np.full_like(joints, np.nan)
    ends = [JOINT_NAMES.index(name) for name in ENDS]
    expected[:, ends] = joints[:, ends]
    np.testing.assert_array_equal(seen[0][0], expected)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"pose": np.zeros(3)}, r"expected field 'joints' or 'poses', received fields pose"),
        ({"joints": np.zeros((2, 17, 3))}, r"'joints': expected shape \(N, 24, 3\), received \(2"),
        ({"joints": np.zeros((0, 24, 3))}, "expected at least one pose, received none"),
        ({"joints": np.full((1, 24, 3), np.nan)}, r"in\.npz: `joints`: expected at least 3 seen"),
        ({"poses": np.zeros((2, 63))}, r"'poses': expected shape \(N, 3 J\) of at least 22 joints"),
        ({"poses": np.full((2, 72), np.nan)}, "'poses': expected finite numbers, received NaN"),
        ({"poses": np.zeros((2, 72)), "trans": np.zeros(3)}, r"'trans': expected shape \(2, 3\)"),
        (
            {"joints": np.zeros((1, 24, 3)), "betas": np.zeros(99)},
            r"'betas': expected at most 16 numbers, received shape \(99,\)",
        ),
        (
            {"poses": np.zeros((1, 72)), "joint_names": np.array(["hips"])},
            "'joint_names': expected pelvis, l_hip, .* first, received hips",
        ),
        (
            {"joints": np.zeros((1, 24, 3)), "mocap_framerate": np.zeros(0)},
            r"'mocap_framerate': expected a number above 0, received \[\]",
        ),
        (
            {"joints": np.zeros((1, 24, 3)), "mocap_framerate": -30},
            "'mocap_framerate': expected a number above 0, received -30",
        ),
    ],
)
@pytest.mark.usefixtures("seen")
def test_wrong_files_are_named(run, fields, message):
    with pytest.raises(InputError, match=message):
        run("denoise", **fields)


def test_a_prior_without_samples_has_no_hypotheses(run, joints, tmp_path):
    path = tmp_path / "hmr.npz"
    PoseDiscriminator(SIX_D, 0.1, joint_units=2, hidden_units=4).save(path)
    options = ("--prior", str(path), "--hypotheses", "2")
    with pytest.raises(InputError, match="--hypotheses 2: expected a prior with samples, received"):
        run("complete", *options, joints=joints)


@pytest.mark.parametrize("value", ["0", "-1", "inf", "nan"])
def test_noise_is_positive(value, capsys):
    with pytest.raises(SystemExit) as exit_:
        program.main(["denoise", "in.npz", "--noise", value, "--output", "out.npz"])
    assert exit_.value.code == 2
    assert "argument --noise: expected a positive number of metres" in capsys.readouterr().err
