"""Keypoints, boxes and part masks of people, from the files of annotators and detectors."""
