"""Derivation of the embedded detector from MoveNet; run by `tools.build_default_detector`."""
