"""Bodies with SMPL-X's 55 joints, from a file that is made up here."""

import numpy as np
import pytest

import hps_tf.body
from hps_tf.body.parts import PART_NAMES
from hps_tf.body.skeleton import PARENTS
from hps_tf.fitting import Evidence, Expected, Fitter, Refiner
from hps_tf.fitting.pose_variables import NoPrior
from hps_tf.geometry import camera
from hps_tf.geometry.spread import Spread
from hps_tf.priors.pose_space import SIX_D
from hps_tf.rendering import part_labels, rasterize

COUNT = 2


def _fields(body):
    """The embedded body in its T-pose, with three joints for each finger and three of the face."""
    template = body().vertices.numpy()[0].astype(np.float64)
    joints = list(body.joints().numpy()[0, :22].astype(np.float64))
    parents = [2**32 - 1, *PARENTS[1:22]]
    for _ in range(3):
        joints.append(joints[15] + 0.02 * (len(joints) - 21))
        parents.append(15)
    for wrist, outwards in ((20, 0.03), (21, -0.03)):
        for finger in range(5):
            for bone in range(3):
                place = [outwards * (bone + 1), 0.0, 0.01 * finger]
                joints.append(joints[wrist] + place)
                parents.append(len(joints) - 2 if bone else wrist)
    weights = np.zeros((len(template), 55))
    weights[:, :22] = body.data.weights[:, :22]
    weights[:, [28, 43]] = body.data.weights[:, 22:]
    regressor = np.zeros((55, len(template)))
    for row, joint in zip(regressor, joints, strict=True):
        near = np.linalg.norm(template - joint, axis=1).argsort()[:30]
        system = np.vstack([template[near].T, np.ones(30)])
        row[near] = np.linalg.pinv(system) @ [*joint, 1.0]
    return {
        "v_template": template,
        "shapedirs": body.data.shapedirs[..., :10],
        "posedirs": np.zeros((len(template), 3, 9 * 54)),
        "J_regressor": regressor,
        "weights": weights,
        "kintree_table": np.array([parents, range(55)], np.uint32),
        "f": body.faces,
    }


@pytest.fixture(scope="module")
def smplx(body, tmp_path_factory):
    path = tmp_path_factory.mktemp("body") / "model.npz"
    np.savez(path, **_fields(body))
    return hps_tf.body.load(path, all_joints=True)


@pytest.fixture(scope="module")
def arguments(people):
    return {
        "rotation_matrices": people.rotation_matrices[:COUNT],
        "shape": people.shape[:COUNT, :10],
        "translation": people.translation[:COUNT],
    }


@pytest.fixture(scope="module")
def evidence(smplx, people, arguments):
    intrinsics = people.intrinsics[:COUNT]
    keypoints = camera.project(smplx.keypoints("coco17", **arguments), intrinsics).numpy()
    return Evidence(keypoints, np.ones(keypoints.shape[:2]), intrinsics)


def test_fits_with_ambient_poses_meet_exact_keypoints(smplx, evidence):
    mode = SIX_D.from_matrices(np.eye(3, dtype=np.float32)[None].repeat(24, 0)).numpy()
    fitter = Fitter(smplx, NoPrior(SIX_D, mode), max_evaluations=200)
    result = fitter.fit(evidence, num_starts=4)
    assert result.joints_3d.shape == (COUNT, 24, 3)
    assert np.nanmedian(result.residuals) < 2.0


def test_fits_about_predictions_meet_exact_keypoints(smplx, arguments, evidence):
    spread = Spread(
        pose=np.full((COUNT, 21, 3), 0.2, np.float32),
        root=np.full((COUNT, 3), 0.2, np.float32),
        place=np.full((COUNT, 3), 0.02, np.float32),
        shape=np.full((COUNT, 10), 0.5, np.float32),
        keypoints=np.full((COUNT, 17), 0.5, np.float32),
    )
    about = Expected(**arguments, spread=spread)
    about = about._replace(translation=about.translation + np.float32([0.02, 0.0, 0.1]))
    result = Refiner(smplx).refine(evidence, about)
    assert result.joint_std.shape == result.joints_3d.shape[:2] == (COUNT, 24)
    assert np.nanmedian(result.residuals) < 1.0


def test_posed_fingers_are_rendered(smplx, people):
    pose = np.zeros((1, 55, 3), np.float32)
    pose[0, 0] = np.pi, 0.0, 0.0
    pose[0, smplx.skeleton.index("l_middle1"), 2] = 1.0
    flat = pose.copy()
    flat[0, 1:] = 0.0
    poses = np.concatenate([flat, pose])
    vertices = smplx(poses, translation=np.float32([[0, 0, 3.0]])).vertices
    raster = rasterize(vertices, smplx.faces, people.intrinsics[:2], (256, 256))
    labels = np.asarray(part_labels(raster, smplx.face_parts))
    others = ~np.isin(labels, [PART_NAMES.index("left_hand"), 0]).any(axis=0)
    assert (labels[0] != labels[1]).any()
    assert (labels[0] == labels[1])[others].all()
