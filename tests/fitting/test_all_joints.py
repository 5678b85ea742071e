"""Bodies with SMPL-X's 55 joints, from a file that is made up here."""

import numpy as np
import pytest

from hps_tf.body.parts import PART_NAMES
from hps_tf.fitting import Evidence, Expected, Fitter, Refiner
from hps_tf.fitting.pose_variables import NoPrior
from hps_tf.geometry import camera
from hps_tf.geometry.spread import Spread
from hps_tf.priors.pose_space import SIX_D
from hps_tf.rendering import part_labels, rasterize
from tests.body import many_joints

COUNT = 2


@pytest.fixture(scope="module")
def smplx(body, tmp_path_factory):
    return many_joints.load(body, tmp_path_factory.mktemp("body"))


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
