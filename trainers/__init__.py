"""Training jobs: ``python -m trainers.train``."""

import os

# TensorFlow reports what it found of the machine, on dozens of lines, unless told before import.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# Convolutions of oneDNN train a network 1.5 to 2 times as fast; on processors without AVX-512
# TensorFlow takes its own unless told.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
