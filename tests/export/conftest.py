import shutil

import pytest

from tests.serving.fixtures import (  # noqa: F401
    body,
    exported_network,
    exported_photo,
    exported_prior,
    network,
    photo_network,
    prior,
    served_photo,
    server,
)


@pytest.fixture
def exported(exported_prior, tmp_path):  # noqa: F811
    """A version directory of the prior, to be spoiled at will."""
    return shutil.copytree(exported_prior, tmp_path / "exported" / "1")
