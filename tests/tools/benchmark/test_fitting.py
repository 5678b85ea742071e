import numpy as np
import pytest

from hps_tf import priors
from hps_tf.body import BodyModel, default_body
from hps_tf.fitting import Fitter
from hps_tf.fitting.pose_variables import LatentGaussian
from tools.benchmark import fitting as benchmark
from tools.benchmark import pytorch

needs_torch = pytest.mark.skipif(bool(pytorch.missing(("torch",))), reason="torch isn't installed")


@pytest.fixture(scope="module")
def data():
    return default_body.read(3000)


@pytest.fixture(scope="module")
def body(data):
    return BodyModel(data)


@pytest.fixture(scope="module")
def prior():
    return priors.load("cmu-6d-light")


@pytest.fixture(scope="module")
def problems(body, prior):
    """Gives the problems of one person, with part maps or without."""
    pose = LatentGaussian(prior.references["gaussian"], prior.space)
    evidence = benchmark._evidence(body, prior, 1)

    def of(map_size):
        fitter = Fitter(body, pose, keypoint_set="smpl24", map_size=map_size, solver="lbfgs")
        return fitter.problem(evidence, benchmark._WEIGHTS)

    return of


@needs_torch
@pytest.mark.parametrize("map_size", [None, benchmark._MAP_SIZE], ids=["KA", "KA+BA"])
def test_pytorch_has_the_same_objective(data, problems, map_size):
    pytorch.prepare(num_threads=1)
    from tools.benchmark.torch_fitting import TorchObjective

    found = problems(map_size)
    ours = benchmark._value_and_gradient(found)
    rng = np.random.default_rng(0)
    for row in (0, 3):
        x = found.start[row] + rng.normal(0.0, 0.1, found.start[row].shape).astype(np.float32)
        theirs = TorchObjective(data, found, row, benchmark._WEIGHTS)
        benchmark._check_agreement(ours(row, x), theirs.value_and_gradient(x))


@needs_torch
def test_peers_come_to_the_target_or_give_up(data, problems):
    pytorch.prepare(num_threads=1)
    found = problems(None)
    start = np.array([benchmark._value_and_gradient(found)(0, found.start[0])[0]])
    peers = {name: runs[:1] for name, runs in benchmark._peers(data, found, True).items()}
    fits = benchmark._fit_by_peers(peers, found.start[:1], {}, 0.1 * start)
    assert fits.keys() == {"SciPy L-BFGS-B", "torch L-BFGS"}
    for fit in fits.values():
        assert fit.loss[0] <= benchmark._ENOUGH * 0.1 * start[0]
        assert fit.seconds[0] > 0.0
    further = benchmark._fit_by_peers(peers, found.start[:1], fits, 0.05 * start)
    for name, fit in further.items():
        assert fit.loss[0] < fits[name].loss[0]
        assert fit.seconds[0] > 0.0


def test_search_ends_at_its_target():
    search = benchmark._Search(target=2.0)
    losses = iter([5.0, 3.0, 2.0, 1.0])
    search.run(lambda x, see: [see(loss, np.array([loss])) for loss in losses], np.zeros(1))
    assert (search.loss, search.x) == (2.0, [2.0])
    assert next(losses) == 1.0


def test_search_ends_where_the_loss_stops_falling():
    seen = []

    def minimize(x, see):
        while True:
            seen.append(x)
            see(3.0, x)

    search = benchmark._Search(target=2.0)
    search.run(minimize, np.zeros(1))
    assert search.loss == 3.0
    assert len(seen) == 2 * benchmark._PATIENCE


def test_another_objective_stops_the_benchmark():
    gradient = np.ones(3)
    benchmark._check_agreement((1.0, gradient), (1.0005, gradient))
    with pytest.raises(RuntimeError, match=r"differ by 1\.0%; nothing was timed"):
        benchmark._check_agreement((1.0, gradient), (1.0, 1.01 * gradient))


@pytest.mark.slow
def test_absent_torch_is_left_out_with_a_warning(monkeypatch, capsys):
    monkeypatch.setattr(pytorch, "missing", lambda requirements: ["torch"])
    monkeypatch.setattr(benchmark, "_BATCHES", (1,))
    monkeypatch.setattr(benchmark, "_NUM_PEER_PEOPLE", 1)
    monkeypatch.setattr(benchmark, "_MAP_SIZE", (32, 32))
    rows = benchmark.rows()
    assert "warning: torch is not installed" in capsys.readouterr().err
    assert [row.metric for row in rows] == [
        "fit of a person",
        "loss of a person",
        "compilation, once",
    ] * 2
    for row in rows[:2] + rows[3:5]:
        assert row.ours > 0.0
        assert row.peers.keys() == {"SciPy L-BFGS-B"}
