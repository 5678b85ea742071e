from pathlib import Path

import numpy as np
import pytest

from tests import loaded_once


@pytest.fixture(scope="session")
def references():
    """A picture of two rendered people, and what Google's graphs find (`make_references`)."""
    with np.load(Path(__file__).with_name("references.npz")) as stored:
        return dict(stored)


@pytest.fixture(scope="session")
def detector():
    return loaded_once.detector()
