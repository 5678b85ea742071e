r"""VIBE from 17 keypoints by frame: windows of 16 frames, and labels of few (Kocabas et al. 2020).

A recurrent network with HMR's regressor. A window of a quarter has labels; a discriminator of
motion judges all.

Run: python -m trainers.train --config=trainers/configs/lifting_vibe.py --config.data.path=DIR,DIR

VIBE starts from SPIN's network of single frames, of a run of lifting_spin.py of the same sizes:

    --config.network.start_from=runs/spin/lifting.npz

The run directory's lifting.npz is a `hps_tf.models.MotionLiftingNetwork`.

`python -m tools.reproduce regressors` compares it with the others at equal steps. After 1,500
steps its validation loss had not yet fallen below that of the network which it began with.
"""

from trainers.configs import base


def get_config():
    """The experiment's settings."""
    return base.lifting_vibe()
