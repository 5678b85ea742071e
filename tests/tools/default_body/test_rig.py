import numpy as np
import pytest

from hps_tf.body.parts import PART_NAMES
from hps_tf.body.skeleton import JOINT_NAMES
from tools.default_body import rig
from tools.default_body.makehuman import BaseMesh, BoneWeights


@pytest.mark.parametrize(
    ("bone", "joint", "part"),
    [
        ("root", "pelvis", "torso"),
        ("spine05", "pelvis", "torso"),
        ("breast.L", "spine2", "torso"),
        ("neck01", "neck", "torso"),
        ("neck03", "neck", "head"),
        ("eye.R", "head", "head"),
        ("clavicle.L", "l_collar", "torso"),
        ("upperarm02.R", "r_shoulder", "upper_arm_right"),
        ("lowerarm01.L", "l_elbow", "lower_arm_left"),
        ("finger1-2.L", "l_wrist", "left_hand"),
        ("finger3-1.R", "r_hand", "right_hand"),
        ("upperleg01.L", "l_hip", "upper_leg_left"),
        ("foot.R", "r_ankle", "right_foot"),
        ("toe2-1.L", "l_foot", "left_foot"),
    ],
)
def test_bone_belongs_to_its_joint_and_part(bone, joint, part):
    mesh = BaseMesh(np.zeros((2, 3)), np.zeros((0, 3), int), {}, np.array([0, 1]))
    weights = {bone: BoneWeights(np.array([0]), np.array([0.5]))}
    mirrored = bone.replace(".L", "#").replace(".R", ".L").replace("#", ".R")
    weights |= {mirrored: BoneWeights(np.array([0]), np.array([0.5]))} if "." in bone else {}
    joints = rig.merged_weights(weights, mesh)[0]
    parts = rig.part_votes(weights, mesh)[0]
    assert joints[JOINT_NAMES.index(joint)] >= 0.5
    assert parts[PART_NAMES.index(part)] >= 0.5


def test_mirrored_vertices_have_mirrored_weights():
    mesh = BaseMesh(np.zeros((2, 3)), np.zeros((0, 3), int), {}, np.array([1, 0]))
    weights = {
        "upperarm01.L": BoneWeights(np.array([0]), np.array([1.0])),
        "lowerarm01.R": BoneWeights(np.array([1]), np.array([1.0])),
    }
    left, right = rig.merged_weights(weights, mesh)
    at = JOINT_NAMES.index
    assert left[at("l_shoulder")] == right[at("r_shoulder")] == 0.5
    assert left[at("l_elbow")] == right[at("r_elbow")] == 0.5


def test_negligible_weights_are_dropped():
    mesh = BaseMesh(np.zeros((1, 3)), np.zeros((0, 3), int), {}, np.array([0]))
    weights = {
        "root": BoneWeights(np.array([0]), np.array([0.9995])),
        "head": BoneWeights(np.array([0]), np.array([0.0005])),
    }
    np.testing.assert_array_equal(rig.merged_weights(weights, mesh)[0], np.eye(24)[0])
