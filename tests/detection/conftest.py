from pathlib import Path

import numpy as np
import pytest

from hps_tf import detection


@pytest.fixture(scope="session")
def references():
    """A picture of two rendered people, and what Google's graphs find (`make_references`)."""
    with np.load(Path(__file__).with_name("references.npz")) as stored:
        return dict(stored)


@pytest.fixture(scope="session")
def detector():
    return detection.load_default()
