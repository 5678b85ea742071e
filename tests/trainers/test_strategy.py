import json

import numpy as np
import pytest
import tensorflow as tf

from hps_tf.errors import InputError
from trainers import strategy as strategies

WORKERS = ["a:1", "b:2"]


def _batch(step):
    start = tf.cast(step, tf.float32) * 100.0
    return {"x": start + tf.range(8.0), "wide": tf.ones([8, 3]) * start}


def _worker_batch(step, worker, num_workers):
    return {
        name: tf.reshape(tensor, [num_workers, -1, *tensor.shape[1:]])[worker]
        for name, tensor in _batch(step).items()
    }


def test_batches_are_those_of_their_steps():
    strategy, worker = strategies.create("none")
    assert worker.is_chief
    batches = list(strategies.distribute(strategy, _worker_batch, start=3, stop=5))
    assert len(batches) == 2
    np.testing.assert_array_equal(batches[0]["x"], 300 + np.arange(8))
    np.testing.assert_array_equal(batches[1]["wide"], np.full([8, 3], 400.0))


def test_replicas_of_all_workers_share_each_batch():
    class TwoWorkersOfTwoReplicas:
        def __init__(self, worker):
            self.context = tf.distribute.InputContext(2, worker, num_replicas_in_sync=4)

        def distribute_datasets_from_function(self, pipeline):
            return pipeline(self.context)

    slices = [
        [slice_["x"].numpy().tolist() for slice_ in
         strategies.distribute(TwoWorkersOfTwoReplicas(worker), _worker_batch, start=0, stop=2)]
        for worker in range(2)
    ]  # fmt: skip
    assert slices[0] == [[0, 1], [2, 3], [100, 101], [102, 103]]
    assert slices[1] == [[4, 5], [6, 7], [104, 105], [106, 107]]


def test_slices_have_static_sizes_for_xla():
    strategy, _ = strategies.create("none")
    spec = strategies.distribute(strategy, _worker_batch, 0, 1).element_spec
    assert spec["wide"].shape == (8, 3)


def test_one_worker_agrees_with_itself():
    strategy, _ = strategies.create("none")
    assert strategies.agree(strategy, 0.1) == 0.1


def test_unequal_shares_are_refused_with_both_numbers():
    strategies.check_batch_size(12, 4)
    with pytest.raises(InputError, match="received batch size 10 and 4 replicas"):
        strategies.check_batch_size(10, 4)


def test_unknown_strategy_lists_those_there_are():
    with pytest.raises(InputError, match="one of none, mirrored, multi_worker, received 'tpu'"):
        strategies.create("tpu")


def test_missing_cluster_is_an_error(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    with pytest.raises(InputError, match="needs the variable TF_CONFIG, like"):
        strategies.create("multi_worker")


def _cluster(task, workers=WORKERS):
    return json.dumps({"cluster": {"worker": workers}, "task": task})


@pytest.mark.parametrize(
    "tf_config",
    [
        '{"cluster": {"worker"',
        "[]",
        "3",
        '{"task": {"type": "worker", "index": 0}}',
        '{"cluster": {}, "task": {"type": "worker", "index": 0}}',
        '{"cluster": {"worker": 5}, "task": {"type": "worker", "index": 0}}',
        _cluster({"type": "worker"}),
        _cluster({"type": "worker", "index": 2}),
        _cluster({"type": "worker", "index": -1}),
        _cluster({"type": "worker", "index": "0"}),
        _cluster({"type": "ps", "index": 0}),
        _cluster({"type": "worker", "index": 0}, workers=[]),
        _cluster({"type": "worker", "index": 0}, workers=["a:1", None]),
        _cluster({"type": "worker", "index": 0}, workers="a:1"),
    ],
)
def test_malformed_cluster_is_an_error(monkeypatch, tf_config):
    monkeypatch.setenv("TF_CONFIG", tf_config)
    with pytest.raises(InputError, match="TF_CONFIG: expected the form"):
        strategies.create("multi_worker")


def test_a_worker_is_no_chief_unless_it_is_the_first(monkeypatch):
    monkeypatch.setenv("TF_CONFIG", _cluster({"type": "worker", "index": 1}))
    assert strategies.place_in_cluster() == strategies.Worker(1, 2)
    assert not strategies.place_in_cluster().is_chief


@pytest.mark.parametrize(
    ("chiefs", "workers", "task", "place"),
    [
        (1, 1, ("chief", 0), (0, 2)),
        (1, 1, ("worker", 0), (1, 2)),
        (1, 3, ("worker", 2), (3, 4)),
        (1, 0, ("chief", 0), (0, 1)),
        (0, 2, ("worker", 0), (0, 2)),
    ],
)
def test_a_chief_comes_before_the_workers(monkeypatch, chiefs, workers, task, place):
    hosts = {"chief": ["c:1"] * chiefs, "worker": ["w:1"] * workers}
    cluster = {kind: each for kind, each in hosts.items() if each}
    settings = {
        "cluster": cluster,
        "task": {"type": task[0], "index": task[1]},
        "environment": "cloud",
    }
    monkeypatch.setenv("TF_CONFIG", json.dumps(settings))
    worker = strategies.place_in_cluster()
    assert (worker.index, worker.count) == place
    assert worker.is_chief == (place[0] == 0)


@pytest.mark.parametrize(
    ("cluster", "task"),
    [
        ({"chief": ["a:1", "b:1"], "worker": ["c:1"]}, ("chief", 1)),
        ({"chief": ["a:1"], "worker": ["b:1"], "ps": ["c:1"]}, ("worker", 0)),
        ({"chief": ["a:1"], "worker": ["b:1"]}, ("chief", 1)),
        ({"worker": ["a:1", "b:1"]}, ("chief", 0)),
        ({"worker": ["a:1", "b:1"]}, ("worker", True)),
        ({"worker": {"0": "a:1"}}, ("worker", 0)),
    ],
)
def test_other_clusters_are_refused(monkeypatch, cluster, task):
    settings = {"cluster": cluster, "task": {"type": task[0], "index": task[1]}}
    monkeypatch.setenv("TF_CONFIG", json.dumps(settings))
    with pytest.raises(InputError, match="of workers and maybe one chief"):
        strategies.place_in_cluster()
