"""TODO."""

from trainers.configs import base


def get_config():
    """The experiment's settings."""
    return base.lifting_hmr()
