import numpy as np
import pytest

from hps_tf.fitting import Fitter, starts
from hps_tf.fitting.pose_variables import LatentGaussian
from hps_tf.priors import GaussianMixture


@pytest.mark.parametrize("factor", [1.0, 4.0])
def test_starts_are_placed_as_operation_by_operation(body, people, flow, gaussian, factor):
    """The graph is traced with one prior and used for others of the same structure."""
    fitter = Fitter(body, gaussian, keypoint_set="smpl24")
    shifted = GaussianMixture(
        [1.0], factor * flow.references["gaussian"].means, flow.references["gaussian"].covariances
    )
    pose = LatentGaussian(shifted, flow.space)
    evidence = people.evidence()
    problem = fitter.with_pose(pose).problem(evidence)
    rotation, place = starts.placed(
        body,
        pose.rotation_matrices(pose.start()[None], pose.parameters())[0],
        starts.global_rotations(4),
        "smpl24",
        evidence.keypoints,
        evidence.confidence,
        evidence.intrinsics,
    )
    anchors = problem.windows.anchors
    np.testing.assert_allclose(anchors.rotation, np.reshape(rotation, (24, 1, 6)), atol=1e-6)
    np.testing.assert_allclose(anchors.translation, np.reshape(place, (24, 1, 3)), rtol=1e-5)
