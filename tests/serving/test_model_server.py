import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from export import versions, warmup
from tests.serving.model_server import serving
from tests.serving.served_versions import RequestError

LATENT = np.zeros((1, 63), np.float32)


def publish(exported, directory):
    with versions.publishing(directory) as publication:
        shutil.copytree(exported, publication.scratch, dirs_exist_ok=True)
        # One quick signature alone: that of fits takes seconds.
        warmup.write(publication.scratch, "prior", {"decode": {"latent": LATENT}}, ())


_PUBLISHING = """
import sys, time
from pathlib import Path
from export import versions
with versions.publishing(Path(sys.argv[1])) as publication:
    (publication.scratch / "saved_model.pb").write_text("half")
    print("writing", flush=True)
    time.sleep(60)
"""


def _die_while_publishing(directory):
    exporting = subprocess.Popen(
        [sys.executable, "-c", _PUBLISHING, str(directory)], stdout=subprocess.PIPE, text=True
    )
    with exporting:
        assert exporting.stdout.readline() == "writing\n"
        time.sleep(0.3)  # Some looks of the server.
        exporting.kill()
    assert exporting.returncode == -signal.SIGKILL


def test_new_versions_take_over_and_half_ones_do_not(exported_prior, tmp_path):
    directory = tmp_path / "prior"
    publish(exported_prior, directory)
    with serving({"prior": directory}, poll_seconds=0.05) as served:
        served.wait_for("prior", 1)
        _die_while_publishing(directory)
        time.sleep(0.3)
        assert served.models.current("prior").number == 1
        assert not served.models.failures
        publish(exported_prior, directory)
        served.wait_for("prior", 2)
        answer = served.models.current("prior").predict("decode", {"latent": LATENT})
        assert answer["pose"].shape == (1, 24, 3)


def test_unknown_models_are_not_found():
    with serving({}) as served, pytest.raises(RequestError, match="Latest"):
        served.models.current("prior")
