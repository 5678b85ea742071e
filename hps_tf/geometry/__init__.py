"""Rotations, cameras and alignments, as pure differentiable functions."""
