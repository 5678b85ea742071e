import json

import pytest

from hps_tf.body import load_small
from hps_tf.errors import InputError
from hps_tf.models import PRESETS
from trainers.configs import base
from trainers.tasks import network_data


def test_labels_of_another_body_are_refused(write_images, tmp_path):
    write_images(tmp_path / "images", train=8, val=8)
    path = tmp_path / "images" / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"body": "smpl"}))
    config = base.network("tiny")
    config.data.labelled.path = str(tmp_path / "images")
    expected = r"config\.data\.labelled\.path: expected body 'default', .* received 'smpl' in"
    for opened in (network_data.training_batches, network_data.validation_batches):
        with pytest.raises(InputError, match=expected):
            opened(config, PRESETS["tiny"], load_small())
