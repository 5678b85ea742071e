"""One set of rules: what `Evidence` refuses, a served graph marks."""

import numpy as np
import pytest
import tensorflow as tf

from hps_tf.fitting import Evidence, evidence_rules
from hps_tf.fitting.graph_evidence import GraphEvidence

CHANGES = {
    "nothing": ("keypoints", (0, 0, 0), 5.0),
    "a keypoint": ("keypoints", (1, 4, 0), np.nan),
    "a negative confidence": ("confidence", (1, 3), -1.0),
    "an infinite confidence": ("confidence", (1, 3), np.inf),
    "no confidence at all": ("confidence", (1,), 0.0),
    "a focal length": ("intrinsics", (1, 0, 0), 1.1),
    "a last row": ("intrinsics", (1, 2, 0), 320.0),
    "a label": ("part_labels", (1, 0, 0), 15),
    "a box": ("part_boxes", (1, 2), 0.0),
    "a box that is not a number": ("part_boxes", (1, 0), np.nan),
}


def fields():
    return {
        "keypoints": np.ones((3, 17, 2), np.float32),
        "confidence": np.ones((3, 17), np.float32),
        "intrinsics": np.tile(np.float32([[500, 0, 128], [0, 500, 128], [0, 0, 1]]), (3, 1, 1)),
        "part_labels": np.zeros((3, 8, 8), np.uint8),
        "part_boxes": np.tile(np.float32([0, 0, 64, 64]), (3, 1)),
    }


@pytest.mark.parametrize("name", CHANGES)
def test_what_is_refused_in_python_is_marked_in_a_graph(name):
    changed = fields()
    field, place, value = CHANGES[name]
    changed[field][place] = value
    in_graph = tf.function(lambda evidence: evidence.is_sound())
    tensors = GraphEvidence(**{key: tf.constant(array) for key, array in changed.items()})
    sound = in_graph(tensors).numpy().tolist()
    if name == "nothing":
        assert sound == [True] * 3
        assert len(Evidence(**changed)) == 3
    else:
        assert sound == [True, False, True]
        with pytest.raises(ValueError, match=rf"`{field}` of person 1: expected"):
            Evidence(**changed)


def test_rules_without_part_maps_are_of_the_other_fields():
    plain = {name: array for name, array in fields().items() if not name.startswith("part")}
    found = evidence_rules.rules(GraphEvidence(**plain))
    assert {rule.field for rule in found} == {"keypoints", "confidence", "intrinsics"}
    assert all(rule.holds.numpy().all() for rule in found)
