"""Trains a normalizing-flow pose prior by Keras' `compile` and `fit`.

    python examples/train_prior.py --motion data/mocap --output prior_out
    python examples/train_prior.py --output prior_out

The first takes prepared motion capture (`tools.prepare_mocap`), the second samples of the bundled
prior. Writes prior.npz, which `hps_tf.priors.load` reads, and samples.png with likely samples.
"""

import argparse
from pathlib import Path

import keras
import numpy as np

import hps_tf.body
import hps_tf.priors
from hps_tf.data.mocap import read_clips
from hps_tf.visualization import gallery, png


def read_poses(motion: Path | None, count: int) -> np.ndarray:
    """Returns `(N, 126)` poses as 6D rotations: of motion capture, or of the bundled prior."""
    bundled = hps_tf.priors.load("cmu-6d-light")
    if motion is None:
        return bundled.space.project(bundled.sample(count, seed=0)).numpy()
    poses = np.concatenate([clip.pose for clip in read_clips(motion, "train")])
    return bundled.space.from_pose(poses[:: max(1, len(poses) // count)]).numpy()


def train(poses: np.ndarray, output: Path, epochs: int) -> None:
    """Trains a prior on nine tenths of the poses, and measures it on the others."""
    is_held_out = np.arange(len(poses)) % 10 == 0
    space = hps_tf.priors.load("cmu-6d-light").space
    prior = hps_tf.priors.FlowPrior(space, sigma=0.1, architecture="light")
    prior.adapt(poses[~is_held_out].mean(axis=0), np.cov(poses[~is_held_out], rowvar=False))
    # The density is that of poses with noise of standard deviation sigma, which `fit` adds itself.
    noise = np.random.default_rng(0).normal(0.0, prior.sigma, poses[is_held_out].shape)
    before = prior.log_prob(poses[is_held_out] + noise).numpy().mean()
    prior.compile(keras.optimizers.Adam(1e-3), jit_compile=False)
    prior.fit(poses[~is_held_out], epochs=epochs, batch_size=128, verbose=2)
    after = prior.log_prob(poses[is_held_out] + noise).numpy().mean()
    print(f"log-density of held-out poses: {before:.2f} (a Gaussian's), now {after:.2f} nats")
    prior.save(output / "prior.npz")
    picture = gallery(prior, hps_tf.body.load_small(), 5, seed=0, image_size=(240, 900))
    png.write(output / "samples.png", picture[:240])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--motion", type=Path, help="directory of prepared motion capture")
    parser.add_argument("--output", type=Path, default=Path("prior_out"))
    parser.add_argument("--poses", type=int, default=20_000)
    parser.add_argument("--epochs", type=int, default=10)
    given = parser.parse_args()
    given.output.mkdir(parents=True, exist_ok=True)
    train(read_poses(given.motion, given.poses), given.output, given.epochs)
