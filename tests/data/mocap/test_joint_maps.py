import json
import re

import pytest

from hps_tf.body import skeleton
from hps_tf.data.mocap import joint_maps
from hps_tf.errors import InputError
from tests.data import mocap_files

MAPPING = {source: joint for joint, source in joint_maps.MOTIONBUILDER.drivers.items()}


@pytest.mark.parametrize("kind", sorted(joint_maps.KNOWN))
def test_known_maps_drive_every_required_joint_once(kind):
    drivers = joint_maps.KNOWN[kind].drivers
    assert set(joint_maps.REQUIRED) <= set(drivers) <= set(skeleton.JOINT_NAMES)
    assert len(set(drivers.values())) == len(drivers)


@pytest.mark.parametrize("kind", sorted(joint_maps.KNOWN))
def test_known_maps_keep_left_left(kind):
    for joint, source in joint_maps.KNOWN[kind].drivers.items():
        if joint[:2] in ("l_", "r_"):
            assert source.lower().startswith(joint[0])


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["root", *mocap_files.asf_bones()], joint_maps.ASF),
        (mocap_files.MOTIONBUILDER, joint_maps.MOTIONBUILDER),
        (mocap_files.MAX, joint_maps.MAX),
        (mocap_files.DAZ, joint_maps.DAZ),
    ],
)
def test_recognizes_a_skeleton_by_its_names(names, expected):
    assert joint_maps.find(names, "f") is expected


def test_names_what_the_closest_skeleton_would_need():
    names = set(mocap_files.DAZ) - {"lShin"}
    with pytest.raises(InputError, match=r"f: .*closest is DAZ, but the file has no lShin$"):
        joint_maps.find(names, "f")


def test_reads_a_mapping():
    joint_map = joint_maps.read(json.dumps(MAPPING).encode(), "m.json")
    assert joint_map.drivers == joint_maps.MOTIONBUILDER.drivers


def test_reads_a_mapping_with_a_byte_order_mark_and_names_of_several_words():
    text = json.dumps(MAPPING).replace("LeftUpLeg", "Bip01  L Thigh")
    for encoding in ("utf-8-sig", "utf-16"):
        joint_map = joint_maps.read(text.encode(encoding), "m.json")
        assert joint_map.drivers["l_hip"] == "Bip01 L Thigh"


def test_refuses_a_mapping_for_joints_the_file_lacks():
    with pytest.raises(InputError, match="f: expected joint 'Hips', which the joint mapping names"):
        joint_maps.check_present(joint_maps.MOTIONBUILDER, {"hip"}, "f")


def without(name):
    return {source: joint for source, joint in MAPPING.items() if source != name}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "m.json: the file is empty"),
        ("{", "m.json: expected a JSON object, received invalid JSON"),
        ("[" * 100_000, "m.json: expected a JSON object, received invalid JSON"),
        ("[]", "m.json: expected a source joint for pelvis, head"),
        ("3", "m.json: expected a JSON object from source joint"),
        ('["a"]', "m.json: expected a JSON object from source joint"),
        ("{}", "m.json: expected a source joint for pelvis, head"),
        (json.dumps(MAPPING | {"Tail": "tail"}), "field 'Tail': expected one of pelvis, l_hip"),
        (json.dumps(MAPPING | {"Tail": 3}), "field 'Tail': expected one of pelvis, l_hip"),
        (json.dumps(MAPPING | {"Tail": {"a": 1}}), "field 'Tail': expected one of pelvis, l_hip"),
        (json.dumps(MAPPING | {"Tail": "pelvis"}), "field 'Tail': expected each joint once"),
        (json.dumps(MAPPING)[:-1] + ', "Hips": "l_hand"}', "expected each joint once"),
        (json.dumps(without("LeftLeg")), "expected a source joint for l_knee, received none"),
    ],
)
def test_refuses_a_wrong_mapping(text, message):
    with pytest.raises(InputError) as error:
        joint_maps.read(text.encode(), "m.json")
    assert re.search(message, str(error.value)), error.value
