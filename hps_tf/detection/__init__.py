"""People in images: boxes and keypoints (MoveNet)."""
