import shutil
import time

import numpy as np
import pytest

from export import versions
from tests.serving.model_server import serving
from tests.serving.served_versions import RequestError


def publish(exported, directory):
    with versions.publishing(directory) as publication:
        shutil.copytree(exported, publication.scratch, dirs_exist_ok=True)


def _die_while_publishing(directory):
    with versions.publishing(directory) as publication:
        (publication.scratch / "saved_model.pb").write_text("half")
        time.sleep(0.3)  # Some looks of the server.
        raise RuntimeError("killed")


def test_new_versions_take_over_and_half_ones_do_not(exported_prior, tmp_path):
    directory = tmp_path / "prior"
    publish(exported_prior, directory)
    latent = np.zeros((1, 63), np.float32)
    with serving({"prior": directory}, poll_seconds=0.05) as served:
        served.wait_for("prior", 1)
        with pytest.raises(RuntimeError, match="killed"):
            _die_while_publishing(directory)
        assert served.models.current("prior").number == 1
        assert not served.models.failures
        publish(exported_prior, directory)
        served.wait_for("prior", 2)
        answer = served.models.current("prior").predict("decode", {"latent": latent})
        assert answer["pose"].shape == (1, 24, 3)


def test_unknown_models_are_not_found():
    with serving({}) as served, pytest.raises(RequestError, match="Latest"):
        served.models.current("prior")
