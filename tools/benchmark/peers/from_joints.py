"""Bodies from 3D joints: our fit, smplfitter's and keypoints2body's.

All fit the embedded body, which the peers read from a file in SMPL's layout. smplfitter needs
vertices besides joints; it is given them with the same noise. keypoints2body's file has the T-pose
as its rest pose, so that the mixture of our priors' motion capture can be its prior; its joints
move as ours, its skin does not, so its vertices are not measured.
"""

import contextlib
import dataclasses
import pickle
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from hps_tf import priors
from hps_tf.body import BodyModel, default_body, load_default
from hps_tf.body.body_data import BodyData
from hps_tf.body.skeleton import NUM_JOINTS
from hps_tf.evaluation.held_out_people import People
from hps_tf.fitting.joint_3d_fit import Joint3DFitter
from hps_tf.fitting.pose_variables import LatentGaussian
from tools.benchmark import pytorch, smplfitter_body
from tools.benchmark.body import in_smpl_pose, write_smpl_file
from tools.benchmark.peers.outcomes import Outcome, Truth, measure

_NOISES = (0.0, 0.02)  # Metres along each axis.
_SEED = 77
_NUM_VERTICES = 6890
_NUM_SHAPE = 10
_HANDS = 6
_HAND_DEVIATION = 0.05  # Radians; the mixture is of 21 joints, the peer's of 23.


def compare(people: People, body: BodyModel, say: Callable[[str], None]) -> dict[str, Any]:
    """Finds the people from their 24 joints, exact and with noise.

    Args:
      people: The people.
      body: Whose bodies they have.
      say: Receives progress, one line at a time.

    Returns:
      Rows of `outcomes.measure` by condition.
    """
    dense = load_default()  # Its number of vertices is the one that the peers expect.
    bodies = dense(
        rotation_matrices=people.rotation_matrices,
        shape=people.shape,
        translation=people.translation,
    )
    # Upright, y up, as motion capture is; the camera frame has y down.
    joints, vertices = (
        points.numpy() * np.array([1, -1, -1], np.float32)
        for points in (bodies.joints, bodies.vertices)
    )
    truth = Truth(joints, vertices, people.clips)
    prior = priors.load("cmu-6d-light")
    fitter = Joint3DFitter(
        body, LatentGaussian(prior.references["gaussian"], prior.space), "smpl24"
    )
    found = {}
    for noise in _NOISES:
        rng = np.random.default_rng(_SEED)
        seen = joints + noise * rng.standard_normal(joints.shape).astype(np.float32)
        seen_vertices = vertices + noise * rng.standard_normal(vertices.shape).astype(np.float32)
        outcomes = [_ours(fitter, dense, seen)]
        if smplfitter_body.is_installed():
            outcomes.append(_by_smplfitter(seen, seen_vertices))
        if not pytorch.missing(("torch", "keypoints2body")):
            outcomes.append(_by_keypoints2body(seen))
        name = f"noise of {100 * noise:g} cm" if noise else "exact"
        found[name] = measure(outcomes, truth)
        say(f"joints, {name}: done")
    return found


def _ours(fitter: Joint3DFitter, body: BodyModel, joints: np.ndarray) -> Outcome:
    """Fits each person alone, with a shape of its own."""

    def fit_all() -> tuple[np.ndarray, np.ndarray]:
        fits = []
        for person in joints:
            shape = fitter.estimate_shape(person[None])
            fits.append(fitter.fit(person[None], shape))
        return body(
            pose=np.concatenate([fit.pose for fit in fits]),
            shape=np.concatenate([fit.shape for fit in fits]),
            translation=np.concatenate([fit.translation for fit in fits]),
        )

    fit_all()
    start = time.process_time()
    vertices, found = fit_all()
    seconds = (time.process_time() - start) / len(joints)
    return Outcome("hps_tf, from joints", np.asarray(found), seconds, np.asarray(vertices))


def _by_smplfitter(joints: np.ndarray, vertices: np.ndarray) -> Outcome:
    from smplfitter.np import BodyFitter
    from smplfitter.np import BodyModel as PeerBody

    with tempfile.TemporaryDirectory() as temporary:
        directory = Path(temporary)
        data = in_smpl_pose(default_body.read(_NUM_VERTICES), None)
        write_smpl_file(directory / smplfitter_body.MODEL_FILE, data)
        np.save(directory / smplfitter_body.KID_FILE, np.zeros((1, 3)))
        body = PeerBody("smpl", "neutral", model_root=temporary, num_betas=_NUM_SHAPE)
    fitter = BodyFitter(body)

    def fit() -> dict[str, np.ndarray]:
        keys = ["pose_rotvecs", "shape_betas", "trans", "vertices", "joints"]
        return fitter.fit(vertices, joints, num_iter=3, requested_keys=keys)

    fit()
    start = time.process_time()
    found = fit()
    seconds = (time.process_time() - start) / len(joints)
    name = "smplfitter, from vertices and joints"
    return Outcome(name, found["joints"], seconds, found["vertices"], is_peer=True)


def _by_keypoints2body(joints: np.ndarray) -> Outcome:
    with _peer_directory():
        import torch
        from keypoints2body import optimize_params_frame
        from keypoints2body.api.model_factory import load_body_model
        from keypoints2body.core.config import BodyModelConfig

        model = load_body_model(BodyModelConfig(), torch.device("cpu"))
        start = time.process_time()
        fits = [
            optimize_params_frame(person, joint_layout="SMPL24", model=model) for person in joints
        ]
        seconds = (time.process_time() - start) / len(joints)
    found = np.stack([fit.joints.detach().numpy()[0, :NUM_JOINTS] for fit in fits])
    return Outcome("keypoints2body, from joints", found, seconds, is_peer=True)


@contextlib.contextmanager
def _peer_directory() -> Iterator[None]:
    """The working directory that keypoints2body expects: a body, a mixture and a mean pose."""
    import h5py

    mixture = priors.load("cmu-aa-light").references["gmm8"]
    size = mixture.dim + _HANDS
    covariances = np.tile(_HAND_DEVIATION**2 * np.eye(size), (len(mixture.weights), 1, 1))
    covariances[:, : mixture.dim, : mixture.dim] = mixture.covariances
    means = np.pad(mixture.means, ((0, 0), (0, _HANDS)))
    fields = {"means": means, "covars": covariances, "weights": mixture.weights}
    with tempfile.TemporaryDirectory() as temporary:
        models = Path(temporary) / "data" / "models"
        (models / "smpl").mkdir(parents=True)
        (models / "gmm_08.pkl").write_bytes(pickle.dumps(fields))
        write_smpl_file(models / "smpl" / "SMPL_NEUTRAL.pkl", _in_t_pose())
        with h5py.File(models / "neutral_smpl_mean_params.h5", "w") as file:
            file["pose"] = np.concatenate([np.zeros(3), mixture.weights @ means])
            file["shape"] = np.zeros(_NUM_SHAPE)
        with contextlib.chdir(temporary):
            yield


def _in_t_pose() -> BodyData:
    """The embedded body with the T-pose as its rest pose; its joints move as before."""
    data = default_body.read(_NUM_VERTICES)
    body = BodyModel(data)
    num_shape = data.shapedirs.shape[-1]
    shapes = np.concatenate([np.zeros((1, num_shape)), np.eye(num_shape)]).astype(np.float32)
    vertices, joints = (np.asarray(part, np.float64) for part in body(shape=shapes))
    return dataclasses.replace(
        data,
        template=vertices[0],
        shapedirs=np.moveaxis(vertices[1:] - vertices[0], 0, -1),
        template_joints=joints[0],
        joint_shapedirs=np.moveaxis(joints[1:] - joints[0], 0, -1),
        rest_rotations=np.tile(np.eye(3), (NUM_JOINTS, 1, 1)),
        posedirs=None,
    )
