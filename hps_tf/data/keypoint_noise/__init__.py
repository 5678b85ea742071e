"""Keypoints as detectors find them, drawn from motion capture."""
