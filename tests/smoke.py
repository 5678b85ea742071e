"""A short run of the installed package's main jobs, for an environment that has no test packages.

    python tests/smoke.py DIR

Writes into the directory DIR, and ends with an error where a job fails.
"""

import subprocess
import sys
from importlib import metadata
from pathlib import Path

_TRAINING = {
    "steps": 20,
    "batch_size": 32,
    "steps_per_call": 10,
    "log_every": 10,
    "validate_every": 10,
    "checkpoint_every": 10,
    "data.num_samples": 500,
    "data.mixture_poses": 500,
    "prior.options.num_steps": 1,
    "prior.options.num_joint_steps": 2,
    "xla": False,
}


def main() -> None:
    """Runs all jobs."""
    directory = Path(sys.argv[1])
    distributions = ("tensorflow", "keras", "numpy", "scipy", "protobuf", "grpcio", "av", "pillow")
    print(", ".join(f"{name} {metadata.version(name)}" for name in distributions))
    for job in (_rate_and_sample, _fit, _train, _export, _photograph):
        job(directory)
        print(job.__name__.strip("_"), flush=True)


def _rate_and_sample(directory: Path) -> None:
    import numpy as np

    from hps_tf import priors

    for name in ("cmu-6d-light", "cmu-aa-realnvp"):
        prior = priors.load(name)
        x = prior.sample(4, seed=0)
        assert np.isfinite(prior.log_prob(x)).all()
        np.testing.assert_allclose(prior.decode(prior.encode(x)), x, atol=1e-3)


def _fit(directory: Path) -> None:
    import numpy as np

    from hps_tf import body, priors
    from hps_tf.fitting import Evidence, fit
    from hps_tf.geometry import camera

    people = body.load_small()
    prior = priors.load("cmu-6d-light")
    upright = np.diag([1.0, -1.0, -1.0])
    points = people.keypoints("coco17", pose=prior.space.to_pose(prior.sample(1, seed=0))).numpy()
    intrinsics = np.array([[[800.0, 0, 256], [0, 800, 256], [0, 0, 1]]])
    keypoints = camera.project(points @ upright + [0, 0, 4], intrinsics).numpy()
    found = fit(Evidence(keypoints, np.ones((1, 17)), intrinsics, "coco17"))
    # The default prior may move people by some pixels.
    assert np.abs(found.keypoints_2d - keypoints).mean() < 10, "a fit is far from its keypoints"


def _train(directory: Path) -> None:
    settings = [f"--config.{name}={value}" for name, value in _TRAINING.items()]
    run = directory / "run"
    _module("trainers.train", "--config=prior_student", f"--workdir={run}", *settings)
    assert (run / "prior.npz").is_file()


def _export(directory: Path) -> None:
    """Writes a SavedModel, loads it and compares its answers."""
    run, served = str(directory / "run"), str(directory / "served")
    _module("export.savedmodel", "--quick", "--run", run, "--output", served)
    (model,) = (directory / "served").iterdir()
    _module("export.verify", str(model))


def _photograph(directory: Path) -> None:
    from PIL import Image

    from export import example_people
    from hps_tf.body import load_small

    (picture,) = example_people.pictures(load_small(), (320, 320), 1)
    Image.fromarray(picture).save(directory / "person.png")
    output = directory / "bodies"
    _module("hps_tf", "photo", str(directory / "person.png"), "--output", str(output))
    assert list((output / "meshes").glob("*.glb")), "nobody was found"


def _module(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", *arguments], check=True)


if __name__ == "__main__":
    main()
