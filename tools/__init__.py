"""Programs over the library: preparing data, evaluating, rendering, measuring."""

import os

# As `trainers` has it: a network is measured as it is trained.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
