r"""The lifting network: 17 keypoints to a body, learnt from motion capture alone.

Run: python -m trainers.train --config=trainers/configs/lifting.py --config.data.path=DIR,DIR

Expected when the DIRs are CMU's ASF/AMC with its splits and more CMU clips of other people than
those of its test split: MPJPE of 24 joints, lifted from exact keypoints of people of ASF/AMC
(python -m tools.evaluate lifting), 60 mm on test and 43 mm on validation people; with 4 pixels of
noise and 20 % missing 101 and 79 mm. It takes an hour of one core (0.07 s a step). The lifting
module of `photo` went on for 40,000 steps, which took 3 % of the errors with exact keypoints and
1 % of the others:

    --config.network.start_from=runs/lifting/lifting.npz --config.optimizer.learning_rate=5e-4 \
        --config.steps=40000
"""

from trainers.configs import base


def get_config():
    """The experiment's settings."""
    return base.lifting()
