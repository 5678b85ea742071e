import json

import numpy as np
import pytest
from PIL import Image

from hps_tf.errors import InputError
from hps_tf.priors import FlowPrior
from hps_tf.priors.pose_space import SIX_D
from trainers import arguments, train


@pytest.fixture(scope="module")
def teacher(make_clip, tmp_path_factory):
    """A prior that is a Gaussian."""
    x = SIX_D.from_pose(make_clip("01_01", "train", num_frames=500).pose).numpy()
    prior = FlowPrior(SIX_D, 0.1, "light", num_steps=1, num_joint_steps=1)
    prior.adapt(x.mean(0), np.cov(x.T.astype(np.float64)))
    path = tmp_path_factory.mktemp("teacher") / "teacher.npz"
    prior.save(path)
    return path


def _arguments(teacher, workdir):
    return [
        f"--config={arguments.CONFIGS / 'prior_student.py'}",
        f"--workdir={workdir}",
        f"--config.data.teacher={teacher}",
        "--config.data.num_samples=500",
        "--config.data.mixture_poses=200",
        "--config.prior.options.num_steps=1",
        "--config.prior.options.num_joint_steps=1",
        "--config.steps=10",
        "--config.batch_size=32",
        "--config.xla=false",
    ]


def test_compares_the_new_prior_with_its_teacher(teacher, tmp_path):
    train.main(_arguments(teacher, tmp_path))
    fresh = json.loads((tmp_path / "summary.json").read_text())["fresh_samples"]
    assert set(fresh) == {"prior", "teacher"}
    # Both are Gaussians of the same poses; the teacher knows them better.
    assert fresh["teacher"]["loss"] <= fresh["prior"]["loss"]
    assert fresh["prior"]["nll_per_dim"] == pytest.approx(fresh["teacher"]["nll_per_dim"], abs=0.2)
    assert Image.open(tmp_path / "pictures" / "samples.png").size[0] > 1600
    assert (tmp_path / "prior.npz").exists()


def test_teacher_of_another_sigma_is_refused(teacher, tmp_path):
    argv = [*_arguments(teacher, tmp_path / "run"), "--config.prior.sigma=0.2"]
    with pytest.raises(InputError, match=r"6d and 0\.1, received 6d and 0\.2"):
        train.main(argv)
    assert not (tmp_path / "run").exists()


def test_missing_teacher_is_named(tmp_path):
    with pytest.raises(InputError, match="no such prior"):
        train.main(_arguments(tmp_path / "nobody.npz", tmp_path / "run"))
    assert not (tmp_path / "run").exists()
