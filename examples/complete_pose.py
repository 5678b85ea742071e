"""Completes a pose whose legs are hidden: k hypotheses from the flow prior.

    python examples/complete_pose.py --hypotheses 4 --output complete_out

A hypothesis is an approximate draw from p(hidden | seen): draw a latent e from N(0, I), and
minimise |z - e|² / 2 + |seen joints of decode(z) - those seen|² / 2σ² over z
(randomize-then-optimize, Bardsley et al. 2014). Writes hypotheses.npz, and hypotheses.png with the
whole pose and the hypotheses: hidden parts are blue.
"""

import argparse
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

import hps_tf.body
import hps_tf.priors
from hps_tf.body import parts, skeleton
from hps_tf.visualization import body_picture, contact_sheet, png

HIDDEN = ("hip", "knee", "ankle", "foot")
SKIN, BLUE = (0.80, 0.65, 0.56), (0.30, 0.50, 0.80)
SIGMA = 0.05  # Of the seen joints' rotation matrices.


def complete(prior: hps_tf.priors.PosePrior, pose: tf.Tensor, count: int, steps: int) -> tf.Tensor:
    """Returns `(count, D)` vectors that agree with the seen joints of a `(1, D)` vector."""
    is_hidden = [name.endswith(HIDDEN) for name in skeleton.JOINT_NAMES]
    seen = tf.constant(np.flatnonzero(~np.array(is_hidden)))
    target = tf.gather(prior.space.to_matrices(pose), seen, axis=1)
    drawn = tf.random.stateless_normal([count, prior.latent_dim], [0, 1])
    latent, adam = tf.Variable(drawn), keras.optimizers.Adam(0.05)
    adam.build([latent])
    for _ in range(steps):
        with tf.GradientTape() as tape:
            matrices = prior.space.to_matrices(prior.decode(latent))
            misfit = tf.reduce_sum(tf.square(tf.gather(matrices, seen, axis=1) - target))
            pull = tf.reduce_sum(tf.square(latent - drawn))
            loss = pull / 2 + misfit / (2 * SIGMA**2)
        adam.apply([tape.gradient(loss, latent)])
    off = tf.sqrt(misfit / count / len(seen)).numpy()
    print(f"seen joints agree within {np.degrees(off / np.sqrt(2)):.1f} degrees")
    return prior.decode(latent)


def main(count: int, steps: int, seed: int, size: int, output: Path) -> None:
    """Draws a pose, hides its legs, completes it and draws the hypotheses."""
    prior, body = hps_tf.priors.load("cmu-6d-light"), hps_tf.body.load_small()
    whole = prior.space.project(prior.sample(1, seed=seed))
    poses = prior.space.to_pose(tf.concat([whole, complete(prior, whole, count, steps)], axis=0))
    np.savez(output / "hypotheses.npz", pose=poses.numpy()[1:], whole=poses.numpy()[0])
    legs = [name.endswith("foot") or "leg" in name for name in parts.PART_NAMES]
    colours = np.where(np.array(legs)[body.face_parts, None], BLUE, SKIN)
    pictures = [
        body_picture(vertices, body.faces, colours=colours, view=(size, size * 3 // 4))
        for vertices in body(pose=poses).vertices.numpy()
    ]
    captions = ["whole pose", *(f"hypothesis {number}" for number in range(1, count + 1))]
    png.write(output / "hypotheses.png", contact_sheet(pictures, count + 1, captions=captions))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--hypotheses", type=int, default=4)
    parser.add_argument("--steps", type=int, default=200, help="of Adam")
    parser.add_argument("--seed", type=int, default=0, help="of the whole pose")
    parser.add_argument("--output", type=Path, default=Path("complete_out"))
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    main(arguments.hypotheses, arguments.steps, arguments.seed, 300, arguments.output)
