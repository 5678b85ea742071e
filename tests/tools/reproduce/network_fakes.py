"""What stands in for training and measuring networks, which take minutes."""

import json

import numpy as np

from tools.reproduce.network_study import GROUPS, METRICS

NUM_PEOPLE = 60


def errors(mean, *, seed=0, noise_seed=0, num_people=NUM_PEOPLE):
    """Errors around a mean; those of one noise seed are alike in their people."""
    noise = np.random.default_rng(noise_seed).normal(size=num_people)
    people = mean + 0.1 * seed + 5.0 * noise
    values = {metric: people.copy() for metric in METRICS}
    values["part_iou"] = 1.0 - values["mpjpe_mm"] / 400.0
    return values | {GROUPS: np.array([f"S9/{number // 3}" for number in range(num_people)])}


class FakeTraining:
    """Stands in for `NetworkStudy.train`: writes a run's files; remembers what was trained."""

    def __init__(self, log=()):
        self.configs = {}
        self._log = log

    def __call__(self, study, runs):
        for run, config in runs:
            directory = study.path(run)
            if not (directory / "summary.json").is_file():
                self.configs[run] = config
                directory.mkdir(parents=True)
                (directory / "network.npz").write_bytes(run.encode())
                lines = [json.dumps(record) + "\n" for record in self._log]
                (directory / "log.jsonl").write_text("".join(lines))
                (directory / "summary.json").write_text("{}")
