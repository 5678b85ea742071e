"""Commands that people use every day: they parse, call the library and print."""

import os

# A network is measured as it is trained: see `trainers`.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
