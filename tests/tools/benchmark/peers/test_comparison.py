import sys
import types

import numpy as np
import pytest

from tools.benchmark.peers import document, from_photographs, mediapipe_landmarks, outcomes
from tools.benchmark.peers.outcomes import Outcome, Truth


@pytest.fixture(scope="module")
def truth():
    rng = np.random.default_rng(0)
    clips = np.array(["a", "a", "b", "c"])
    return Truth(rng.normal(size=(4, 24, 3)), rng.normal(size=(4, 50, 3)), clips)


def moved(truth, metres):
    """All joints but the root moved along x, and the vertices likewise."""
    joints, vertices = truth.joints.copy(), truth.vertices.copy()
    joints[:, 1:, 0] += metres
    vertices[..., 0] += metres
    return joints, vertices


def test_errors_are_means_from_the_root_in_millimetres(truth):
    joints, vertices = moved(truth, 0.024)
    (row,) = outcomes.measure([Outcome("ours", joints, 1.5, vertices)], truth)
    assert row["mpjpe_mm"] == pytest.approx(23.0, abs=1e-3)  # The root is one of 24.
    assert row["mpvpe_mm"] == pytest.approx(24.0, abs=1e-3)
    assert row["pa_mpjpe_mm"] < row["mpjpe_mm"]
    assert row["ci95_mpjpe_mm"] == pytest.approx((23.0, 23.0), abs=1e-3)
    assert row["seconds_per_person"] == 1.5


def test_a_peer_that_is_ahead_is_named_with_its_lead(truth):
    ours = Outcome("ours", moved(truth, 0.024)[0], 1.0)
    peers = [
        Outcome("better", moved(truth, 0.012)[0], 2.0, is_peer=True),
        Outcome("faster", moved(truth, 0.048)[0], 0.25, is_peer=True),
        Outcome("level", moved(truth, 0.02397)[0], 2.0, is_peer=True),  # As the page prints it.
    ]
    _, better, faster, level = outcomes.measure([ours, *peers], truth)
    assert better["ahead"].keys() == {"mpjpe_mm", "pa_mpjpe_mm"}
    assert better["ahead"]["mpjpe_mm"]["difference"] == pytest.approx(-11.5, abs=1e-3)
    assert faster["ahead"] == {"seconds_per_person": {"times": 4.0, "than": "ours"}}
    assert not level.get("ahead")


def test_people_whom_one_does_not_find_are_left_out_for_all(truth):
    joints = moved(truth, 0.024)[0]
    joints[2] += np.random.default_rng(1).normal(size=(24, 3))
    blind = truth.joints.copy()
    blind[2] = np.nan
    ours, peer = outcomes.measure(
        [Outcome("ours", joints, 1.0), Outcome("peer", blind, 1.0, is_peer=True)], truth
    )
    assert ours["num_compared"] == peer["num_compared"] == 3
    assert (ours["num_found"], peer["num_found"]) == (4, 3)
    assert ours["mpjpe_mm"] == pytest.approx(23.0, abs=1e-3)


def test_the_document_says_first_where_others_are_ahead(truth):
    rows = outcomes.measure(
        [
            Outcome("ours", moved(truth, 0.024)[0], 1.0),
            Outcome("peer", moved(truth, 0.012)[0], 0.5, is_peer=True),
        ],
        truth,
    )
    machine = {"cores": 2, "processor": "P", "versions": {"numpy": "2.0"}}
    figures = {"machine": machine, "num_people": 4, "num_clips": 3}
    text = document.markdown({**figures, "comparisons": {"keypoints": {"exact": rows}}})
    ahead, table = text.index("## Where others are ahead"), text.index("## From 2D keypoints")
    assert ahead < table
    assert "- peer, keypoints, exact: 2.0 times as fast as ours" in text
    assert "- peer, keypoints, exact: MPJPE 11.5 mm [11.5, 11.5] below ours" in text
    assert "| ours | 4 | 23.0 [23.0, 23.0] | " in text
    assert "## From photographs" not in text


def test_the_comparison_without_a_lead_says_so(truth):
    rows = outcomes.measure([Outcome("ours", truth.joints, 1.0)], truth)
    machine = {"cores": 2, "processor": "P", "versions": {}}
    figures = {"machine": machine, "num_people": 4, "num_clips": 3}
    text = document.markdown({**figures, "comparisons": {"keypoints": {"exact": rows}}})
    assert "In no figure of this run." in text


def test_torch_poses_the_body_and_its_keypoints_as_ours_does():
    pytest.importorskip("torch")
    from tools.benchmark import pytorch

    pytorch.prepare(num_threads=1)
    import torch

    from hps_tf import priors
    from hps_tf.body import default_body, load_small
    from tools.benchmark.peers.smplify import Smplify

    rng = np.random.default_rng(0)
    pose = rng.normal(0, 0.4, (24, 3)).astype(np.float32)
    pose[22:] = 0
    shape = np.zeros(16, np.float32)
    shape[:10] = rng.normal(size=10)
    mixture = priors.load("cmu-aa-light").references["gmm8"]
    smplify = Smplify(default_body.read(3000), mixture, 256.0)
    joints, keypoints = smplify.keypoints(
        torch.tensor(pose[1:22].ravel()), torch.tensor(pose[0]), torch.tensor(shape[:10])
    )
    body = load_small()
    arguments = {"pose": pose[None], "shape": shape[None]}
    np.testing.assert_allclose(joints, body(**arguments).joints[0], atol=1e-5)
    np.testing.assert_allclose(keypoints, body.keypoints("coco17", **arguments)[0], atol=1e-5)


def test_mediapipes_landmarks_are_limbs_left_and_right_in_turn(tmp_path, monkeypatch):
    names = {11: "left_shoulder", 12: "right_shoulder", 23: "left_hip", 28: "right_ankle"}

    class Pose:
        def __init__(self, **settings):
            assert settings == {"static_image_mode": True, "model_complexity": 1}

        def __enter__(self):
            return self

        def __exit__(self, *error):
            pass

        def process(self, image):
            points = [types.SimpleNamespace(x=float(i), y=0.0, z=0.0) for i in range(33)]
            landmarks = types.SimpleNamespace(landmark=points)
            return types.SimpleNamespace(pose_world_landmarks=landmarks if image.any() else None)

    fake = types.SimpleNamespace(
        __version__="0.10.21",
        solutions=types.SimpleNamespace(pose=types.SimpleNamespace(Pose=Pose)),
    )
    monkeypatch.setitem(sys.modules, "mediapipe", fake)
    given, found = tmp_path / "photographs.npy", tmp_path / "found.npz"
    np.save(given, np.stack([np.ones((4, 4, 3), np.uint8), np.zeros((4, 4, 3), np.uint8)]))
    monkeypatch.setattr(sys, "argv", ["", str(given), str(found)])
    mediapipe_landmarks.main()
    with np.load(found) as file:
        assert np.isnan(file["joints"][1]).all()
        for landmark, name in names.items():
            assert file["joints"][0, from_photographs.JOINTS.index(name), 0] == landmark
