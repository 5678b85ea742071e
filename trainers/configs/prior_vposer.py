"""VPoser's auto-encoder, for comparison, over 6D poses; reconstruction on meshes.

Run: python -m trainers.train --config=trainers/configs/prior_vposer.py --config.data.path=DIR

Expected on CMU after 3 minutes of one core: validation people given back to within 10.6 degrees and
1.7 cm a joint.

Cheaper, on rotations: --config.prior.reconstruction=rotations --config.prior.tolerance=0.005
"""

from trainers.configs import base


def get_config():
    """The experiment's settings."""
    return base.vae()
