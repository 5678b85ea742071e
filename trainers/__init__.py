"""Training jobs: ``python -m trainers.train``."""
