import numpy as np

from hps_tf.body import parts


def test_labels_follow_the_joint_that_weighs_most():
    labels = parts.from_weights(np.eye(24))
    assert [parts.PART_NAMES[label] for label in labels[[0, 1, 7, 12, 17, 22]]] == [
        "torso",
        "upper_leg_left",
        "left_foot",
        "head",
        "upper_arm_right",
        "left_hand",
    ]


def test_weights_of_one_part_count_together():
    weights = np.zeros((1, 24))
    weights[0, [1, 4, 7]] = 0.4, 0.25, 0.35  # hip alone; ankle and foot together
    weights[0, 10] = 0.2
    assert parts.PART_NAMES[parts.from_weights(weights)[0]] == "left_foot"


def test_face_takes_the_majority_of_its_vertices():
    vertex_parts = np.array([1, 2, 3, 2], np.uint8)
    faces = np.array([[0, 1, 3], [1, 0, 3], [1, 3, 0], [0, 1, 2]])
    assert parts.of_faces(vertex_parts, faces).tolist() == [2, 2, 2, 1]


def test_subsets_partition_the_vertices(data):
    subsets = parts.vertex_subsets(data.vertex_parts)
    assert len(subsets) == 14
    assert np.array_equal(np.sort(np.concatenate(subsets)), np.arange(len(data.template)))
    assert all((data.vertex_parts[subset] == k).all() for k, subset in enumerate(subsets, 1))


def test_left_parts_mirror_to_right_parts():
    mirrored = [parts.PART_NAMES[label] for label in parts.MIRROR_PARTS]
    assert mirrored[parts.PART_NAMES.index("left_hand")] == "right_hand"
    assert mirrored[parts.PART_NAMES.index("head")] == "head"
