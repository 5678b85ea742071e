"""Training jobs: ``python -m trainers.train``."""

import os

# TensorFlow reports what it found of the machine, on dozens of lines, unless told before import.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
