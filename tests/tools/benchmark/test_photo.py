import numpy as np
import pytest

from hps_tf.body import load_default
from tests.reconstruction import fakes
from tools.benchmark import photo, timing


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(photo, "_IMAGES", 2)
    monkeypatch.setattr(photo, "load", lambda: fakes.reconstructor(load_default(3000)))
    seconds = {
        "find": 0.2,
        "keypoints": 0.08,
        "lift": 0.01,
        "refine": 0.05,
        "draw": 0.1,
        "write": 0.03,
    }

    def interleaved(parts, rounds):
        for run in parts.values():
            run()
        return {name: seconds[name] for name in parts}

    monkeypatch.setattr(timing, "interleaved", interleaved)
    ran = []

    def run(photographs, directory):
        ran.append(photographs)
        output = directory / "output"
        output.mkdir(exist_ok=True)
        np.savez(output / "result.npz", pose=np.zeros((4, 24, 3)))
        return 8.0

    monkeypatch.setattr(photo, "_run", run)
    return ran


def test_rows_are_of_the_parts_and_of_the_command(small):
    rows = photo.rows()
    assert [row.metric for row in rows] == [
        *["find", "keypoints", "lift", "refine", "draw", "write"] * 2,
        "command, with an empty cache",
        "command, again",
        "command",
        "time a person",
    ]
    assert [row.ours for row in rows[:6]] == pytest.approx([200, 80, 10, 50, 100, 30])
    assert rows[-1].case == "2 photographs, 4 people found of 6"
    assert rows[-1].ours == 2.0
    assert all(row.peers == {} and row.ratio_to_best_peer is None for row in rows)
    assert [path.name for path in small] == ["single.png", "single.png", "many"]


def test_rendered_photographs_show_people():
    nobody, three = photo._photograph(0, seed=1), photo._photograph(3, seed=1)
    assert three.shape == (480, 640, 3)
    changed = (nobody != three).any(axis=2)
    assert 0.05 < changed.mean() < 0.5
    assert all(changed[:, third].any() for third in np.split(np.arange(639), 3))
