"""Completes a pose whose legs are hidden: k hypotheses from the flow prior.

    python examples/complete_pose.py --hypotheses 4 --output complete_out

A hypothesis is an approximate draw from p(hidden | seen): draw a latent e from N(0, I) and minimise
|z - e|² / 2 + |decode(z) - seen|² / (2·0.05²) over z (randomize-then-optimize, Bardsley 2014).
Writes hypotheses.npz and hypotheses.png: the whole pose, then the hypotheses, hidden parts blue.
"""

import argparse
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from hps_tf import priors
from hps_tf.body import load_small, parts, skeleton
from hps_tf.visualization import body_picture, contact_sheet, png

LEGS = ("hip", "knee", "ankle", "foot")


def complete(prior: priors.PosePrior, pose: tf.Tensor, count: int, steps: int) -> tf.Tensor:
    """Returns `(count, D)` vectors that agree with the seen joints of a `(1, D)` vector."""
    seen = [i for i, name in enumerate(skeleton.JOINT_NAMES) if not name.endswith(LEGS)]
    target = tf.gather(prior.space.to_matrices(pose), seen, axis=1)
    drawn = tf.random.stateless_normal([count, prior.latent_dim], [0, 1])
    latent, adam = tf.Variable(drawn), keras.optimizers.Adam(0.05)
    for _ in range(steps):
        with tf.GradientTape() as tape:
            off = tf.gather(prior.space.to_matrices(prior.decode(latent)), seen, axis=1) - target
            loss = tf.nn.l2_loss(latent - drawn) + tf.nn.l2_loss(off) / 0.05**2
        adam.apply([tape.gradient(loss, latent)], [latent])
    return prior.decode(latent)


def draw(poses: tf.Tensor) -> np.ndarray:
    """Pictures `(N, 24, 3)` poses side by side, the first one being the whole pose."""
    is_leg = np.array(["leg" in name or "foot" in name for name in parts.PART_NAMES])
    body = load_small()
    colours = np.where(is_leg[body.face_parts, None], (0.3, 0.5, 0.8), (0.8, 0.65, 0.56))
    people = [body_picture(each, body.faces, colours=colours) for each in body(pose=poses).vertices]
    return contact_sheet(people, len(people))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--hypotheses", type=int, default=4)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--output", type=Path, default=Path("complete_out"))
    given = parser.parse_args()
    prior = priors.load("cmu-6d-light")
    whole = prior.space.project(prior.sample(1, seed=0))
    found = complete(prior, whole, given.hypotheses, given.steps)
    poses = prior.space.to_pose(tf.concat([whole, found], axis=0))
    given.output.mkdir(parents=True, exist_ok=True)
    np.savez(given.output / "hypotheses.npz", whole=poses[0], pose=poses[1:])
    png.write(given.output / "hypotheses.png", draw(poses))
