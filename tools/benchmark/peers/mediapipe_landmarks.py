"""MediaPipe's landmarks of photographs; run by a Python that has MediaPipe, and nothing of ours.

    python mediapipe_landmarks.py photographs.npy found.npz

Reads `(N, H, W, 3)` uint8 RGB. Writes ``joints`` (N,12,3), metres, of left and right shoulders,
elbows, wrists, hips, knees and ankles, NaN where nobody is found; the CPU ``seconds`` per
photograph, and the ``version``. The models are those that the package holds: "full".
"""

import sys
import time

import numpy as np

_LANDMARKS = range(11, 17), range(23, 29)


def main() -> None:
    """Finds the landmarks."""
    import mediapipe

    photographs = np.load(sys.argv[1])
    rows = [row for some in _LANDMARKS for row in some]
    joints = np.full((len(photographs), len(rows), 3), np.nan)
    with mediapipe.solutions.pose.Pose(static_image_mode=True, model_complexity=1) as pose:
        pose.process(photographs[0])
        start = time.process_time()
        for number, photograph in enumerate(photographs):
            found = pose.process(photograph).pose_world_landmarks
            if found is not None:
                points = [found.landmark[row] for row in rows]
                joints[number] = [(point.x, point.y, point.z) for point in points]
        seconds = (time.process_time() - start) / len(photographs)
    np.savez(sys.argv[2], joints=joints, seconds=seconds, version=mediapipe.__version__)


if __name__ == "__main__":
    main()
