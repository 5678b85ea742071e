import os
import threading

import pytest

from hps_tf.io.process_map import process_map


def process_id(_):
    return os.getpid()


@pytest.mark.parametrize("num_processes", [1, 2])
def test_returns_items_with_results_in_order(num_processes):
    # The builtin stands for any function that spawned processes can import.
    results = list(process_map(abs, range(-5, 20), num_processes))
    assert results == [(item, abs(item)) for item in range(-5, 20)]


def test_one_process_is_this_one():
    assert list(process_map(process_id, [0], 1)) == [(0, os.getpid())]


@pytest.mark.parametrize("num_processes", [1, 2])
def test_raises_what_the_function_raises(num_processes):
    results = process_map(int, ["1", "x", "2"], num_processes)
    assert next(results) == ("1", 1)
    with pytest.raises(ValueError, match="invalid literal"):
        list(results)


def test_draws_few_items_ahead_and_leaves_no_thread_behind():
    drawn = []

    def items():
        for item in range(1000):
            drawn.append(item)
            yield item

    before = threading.active_count()
    results = process_map(abs, items(), 2)
    next(results)
    assert len(drawn) <= 6
    results.close()
    assert threading.active_count() == before
