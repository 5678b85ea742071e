"""The manifests in docs/cluster: what they run is what the programs take."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tools.tuning import choices
from trainers import arguments, strategy
from trainers.failures import EXIT_LOST_WORKER

REPOSITORY = Path(__file__).resolve().parents[2]
CLUSTER = REPOSITORY / "docs" / "cluster"


def _load(name):
    return list(yaml.safe_load_all((CLUSTER / name).read_text()))


@pytest.fixture(autouse=True)
def _in_the_repository(monkeypatch):
    monkeypatch.chdir(REPOSITORY)


def test_every_manifest_is_tested_here():
    assert {path.name for path in CLUSTER.iterdir()} == {
        "tfjob.yaml", "tune.yaml", "train.sbatch", "tune.sbatch"
    }  # fmt: skip


def test_the_tfjob_trains_over_workers_and_restarts_what_is_worth_it():
    (job,) = _load("tfjob.yaml")
    assert (job["apiVersion"], job["kind"]) == ("kubeflow.org/v1", "TFJob")
    worker = job["spec"]["tfReplicaSpecs"]["Worker"]
    assert worker["restartPolicy"] == "ExitCode"
    assert EXIT_LOST_WORKER >= 128
    (container,) = worker["template"]["spec"]["containers"]
    assert container["name"] == "tensorflow"
    assert container["command"] == ["python", "-m", "trainers.train"]
    parsed = arguments.parse(container["args"])
    assert parsed.config.strategy == "multi_worker"
    _assert_on_storage(worker["template"]["spec"], str(parsed.workdir))


def test_the_search_has_one_chief_and_workers_with_names_of_their_own():
    service, chief, workers = _load("tune.yaml")
    assert [each["kind"] for each in (service, chief, workers)] == ["Service", "Job", "Job"]
    assert workers["spec"]["completionMode"] == "Indexed"
    assert workers["spec"]["completions"] == workers["spec"]["parallelism"]
    templates = [job["spec"]["template"] for job in (chief, workers)]
    assert templates[0]["metadata"]["labels"] == service["spec"]["selector"]
    containers = [template["spec"]["containers"][0] for template in templates]
    assert containers[0]["args"] == containers[1]["args"]
    variables = [{each["name"]: each.get("value") for each in one["env"]} for one in containers]
    assert variables[0]["KERASTUNER_TUNER_ID"] == "chief"
    assert variables[1]["KERASTUNER_TUNER_ID"] == "tuner$(WORKER)"
    assert variables[1]["KERASTUNER_ORACLE_IP"] == service["metadata"]["name"]
    ports = {one["KERASTUNER_ORACLE_PORT"] for one in variables}
    assert ports == {str(service["spec"]["ports"][0]["port"])}
    for template in templates:
        _assert_on_storage(template["spec"], "/storage/searches/prior_light")
    own = dict(each.removeprefix("--").split("=") for each in containers[0]["args"])
    assert Path(own.pop("space")).is_file()
    assert own.pop("oracle") in choices.ORACLES
    assert own.pop("directory").startswith("/storage/")
    assert (
        arguments.parse([f"--{name}={value}" for name, value in own.items()]).config.task == "prior"
    )


def _assert_on_storage(pod, path):
    (mount,) = pod["containers"][0]["volumeMounts"]
    assert path.startswith(f"{mount['mountPath']}/")
    assert mount["name"] in {volume["name"] for volume in pod["volumes"]}


@pytest.fixture
def slurm(tmp_path, monkeypatch):
    """Runs a script with Slurm's commands replaced; returns its exit code and what was run.

    Args of the returned function: the script, and the exit codes of the programs, in order.
    """
    commands = {
        "scontrol": "printf 'node1\\nnode2\\n'",
        "hostname": "echo node1",
        # Two tasks, one after the other; the higher code counts.
        "srun": 'while [ "${1#-}" != "$1" ]; do shift; done; worst=0\n'
        'for rank in 0 1; do code=0; SLURM_PROCID=$rank "$@" || code=$?\n'
        'if [ "$code" -gt "$worst" ]; then worst=$code; fi; done; exit "$worst"',
        "python": f'exec {sys.executable} {tmp_path}/record.py "$@"',
    }
    (tmp_path / "record.py").write_text(
        "import json, os, sys\n"
        f"path = {str(tmp_path / 'runs')!r}\n"
        "names = ('TF_CONFIG', 'KERASTUNER_TUNER_ID', 'KERASTUNER_ORACLE_IP')\n"
        "record = {name: os.environ.get(name) for name in names} | {'argv': sys.argv[1:]}\n"
        "number = len(open(path).readlines()) if os.path.exists(path) else 0\n"
        "open(path, 'a').write(json.dumps(record) + '\\n')\n"
        "codes = json.loads(os.environ['CODES'])\n"
        "sys.exit(codes[number] if number < len(codes) else 0)\n"
    )
    for name, script in commands.items():
        path = tmp_path / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/bash\n{script}\n")
        path.chmod(0o755)

    def run(name, codes=()):
        environment = {
            **os.environ,
            "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
            "SLURM_JOB_NODELIST": "node[1-2]",
            "CODES": json.dumps(codes),
        }
        done = subprocess.run(
            ["bash", str(CLUSTER / name), "--config=a b.py"],
            env=environment,
            capture_output=True,
            text=True,
        )
        records = [json.loads(line) for line in (tmp_path / "runs").read_text().splitlines()]
        return done.returncode, records

    return run


def test_slurm_tells_every_worker_its_place(slurm, monkeypatch):
    code, runs = slurm("train.sbatch")
    assert code == 0
    assert len(runs) == 2
    for index, run in enumerate(runs):
        assert run["argv"] == [
            "-m", "trainers.train", "--config.strategy=multi_worker", "--config=a b.py"
        ]  # fmt: skip
        monkeypatch.setenv("TF_CONFIG", run["TF_CONFIG"])
        assert strategy.place_in_cluster() == strategy.Worker(index, 2)
        assert json.loads(run["TF_CONFIG"])["cluster"]["worker"] == ["node1:12345", "node2:12345"]


@pytest.mark.parametrize(
    ("codes", "code", "count"),
    [
        ([137, EXIT_LOST_WORKER], 0, 4),  # A lost worker: all start again.
        ([2, 2], 2, 2),  # Bad input: they do not.
        ([143, 143], 143, 2),  # Told to stop.
    ],
)
def test_slurm_starts_again_what_is_worth_it(slurm, codes, code, count):
    found, runs = slurm("train.sbatch", codes)
    assert found == code
    assert len(runs) == count


def test_slurm_searches_with_a_chief_and_named_workers(slurm):
    code, runs = slurm("tune.sbatch")
    assert code == 0
    names = sorted(run["KERASTUNER_TUNER_ID"] for run in runs)
    assert names == ["chief", "tuner0", "tuner1"]
    assert {run["KERASTUNER_ORACLE_IP"] for run in runs} == {"node1"}
    assert all(run["argv"] == ["-m", "tools.tune", "--config=a b.py"] for run in runs)
