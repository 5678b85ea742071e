import pytest

from hps_tf.body import load_default
from tests.reconstruction import fakes


@pytest.fixture(scope="session")
def body():
    return load_default(3000)


@pytest.fixture(scope="session")
def reconstructor(body):
    """One that finds as many people as the brightest pixel of an image says in tens."""
    return fakes.reconstructor(body)
