"""Fits one person several times and prints the processors' seconds of the calls, as JSON.

python -m tools.benchmark.one_fit_process
"""

import json
import time

import numpy as np

from hps_tf.body import load_small
from hps_tf.fitting import Evidence, fit
from hps_tf.geometry import camera

_CALLS = 4


def main() -> None:
    """Measures the first call and the fastest of the later ones."""
    evidence = person()
    seconds = []
    for _ in range(_CALLS):
        start = time.process_time()
        fit(evidence)
        seconds.append(time.process_time() - start)
    print(json.dumps({"first": seconds[0], "later": min(seconds[1:])}))


def person() -> Evidence:
    """The keypoints of somebody who stands four metres before the camera, arms down."""
    body = load_small()
    pose = np.zeros((1, 24, 3), np.float32)
    pose[:, 0, 0] = np.pi
    pose[:, 16, 2], pose[:, 17, 2] = -1.1, 1.1
    place = np.array([[0.0, 0.0, 4.0]], np.float32)
    intrinsics = np.array([[[800.0, 0, 256], [0, 800, 256], [0, 0, 1]]], np.float32)
    points = body.keypoints("coco17", pose=pose, translation=place)
    keypoints = camera.project(points, intrinsics).numpy()
    return Evidence(keypoints, np.ones((1, 17)), intrinsics, "coco17")


if __name__ == "__main__":
    main()
