import argparse

import numpy as np
import pytest

from hps_tf.body import load_default
from hps_tf.errors import InputError
from hps_tf.geometry import camera
from tools.reproduce import video


def arguments(**values):
    return argparse.Namespace(**{"clips": None, "num_clips": 2, **values})


def names(clips):
    return [clip.name for clip in clips]


def test_clips_are_spread_over_those_that_are_long_enough(make_clip):
    clips = [make_clip(f"02_0{number}", 40 + 5 * number) for number in range(1, 7)]
    assert names(video._choose(clips, arguments())) == ["02_02", "02_06"]
    assert len(video._choose(clips, arguments(num_clips=5))) == 5


def test_clips_may_be_named(make_clip):
    clips = [make_clip(name, 60) for name in ("02_01", "02_02", "49_06")]
    assert names(video._choose(clips, arguments(clips=["49_06", "02_01"]))) == ["49_06", "02_01"]


def test_missing_clips_are_errors(make_clip):
    clips = [make_clip("02_01", 60), make_clip("02_02", 20)]
    with pytest.raises(InputError, match="--num_clips 2: there are 1 long enough"):
        video._choose(clips, arguments())
    with pytest.raises(InputError, match="--num_clips 0"):
        video._choose(clips, arguments(num_clips=0))
    with pytest.raises(InputError, match="--clips 02_02: expected a test clip of 48 frames"):
        video._choose(clips, arguments(clips=["02_01", "02_02"]))


def test_keypoints_are_noisy_missing_and_in_the_image(make_clip):
    clip = make_clip("02_01", 200)
    evidence, joints = video._seen(clip, load_default(3000), np.random.default_rng(0))
    assert evidence.keypoints.shape == (48, 24, 2)
    assert 1 - evidence.confidence.mean() == pytest.approx(video.MISSING, abs=0.05)
    true = camera.project(joints.astype(np.float32), evidence.intrinsics).numpy()
    assert (true > 0).all()
    assert (true < 255).all()
    assert (evidence.keypoints - true).std() == pytest.approx(video.NOISE, rel=0.05)
