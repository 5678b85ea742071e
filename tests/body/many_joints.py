"""A body with SMPL-X's 55 joints, made up of the embedded one."""

import numpy as np

import hps_tf.body
from hps_tf.body.skeleton import PARENTS

NUM_SHAPE = 10


def load(body, directory):
    """Writes the file of such a body and reads it with all joints."""
    return hps_tf.body.load(write(body, directory), all_joints=True)


def write(body, directory, shift=(0.0, 0.0, 0.0)):
    """Writes the file of such a body, whose pelvis rests `shift` from the origin, metres."""
    path = directory / "model.npz"
    fields = _fields(body)
    fields["v_template"] = fields["v_template"] + shift
    np.savez(path, **fields)
    return path


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
        "shapedirs": body.data.shapedirs[..., :NUM_SHAPE],
        "posedirs": np.zeros((len(template), 3, 9 * 54)),
        "J_regressor": regressor,
        "weights": weights,
        "kintree_table": np.array([parents, range(55)], np.uint32),
        "f": body.faces,
    }
