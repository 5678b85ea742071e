"""A person's motion as an .npz file with the field names of SMPL's tools and of AMASS.

Convention: z up, as AMASS has it; axis-angle, radians; metres. The joints are SMPL's 24 in SMPL's
order, or all of the body where the pose has them (`joint_names`); the shape components are those of
this body model, not SMPL's.
"""

import io

import numpy as np
from scipy.spatial.transform import Rotation

from hps_tf.body import BodyModel
from hps_tf.body.skeleton import JOINT_NAMES
from hps_tf.formats.scene import Person

#: Turns the camera frame of OpenCV into AMASS's world: x right, y forward, z up.
TO_Z_UP = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])


def content(person: Person, body: BodyModel, frame_rate: float | None) -> bytes:
    """Makes the file of a person.

    Args:
      person: The person.
      body: The body model.
      frame_rate: Frames per second; None of a photograph, which is given a rate of 1.

    Returns:
      The content of an ``.npz`` file: ``poses`` `(T, 3 J)`, ``betas`` `(S,)`, ``trans`` `(T, 3)`,
      ``mocap_framerate``, ``gender``, ``joint_names`` `(J,)` and ``frames`` `(T,)`.
    """
    turned = Rotation.from_matrix(TO_Z_UP) * Rotation.from_rotvec(person.pose[:, 0])
    poses = person.pose.astype(np.float64)
    poses[:, 0] = turned.as_rotvec()
    # A body turns about its pelvis, which a translation of zero leaves where its shape puts it.
    pelvis = body.data.template_joints[0] + body.data.joint_shapedirs[0] @ person.shape
    is_whole = poses.shape[1] == body.skeleton.num_joints
    names = body.skeleton.joint_names if is_whole else JOINT_NAMES
    file = io.BytesIO()
    np.savez_compressed(
        file,
        poses=poses.reshape(len(poses), -1),
        betas=person.shape.astype(np.float64),
        trans=(person.translation + pelvis) @ TO_Z_UP.T - pelvis,
        mocap_framerate=np.float64(frame_rate or 1.0),
        gender=np.array("neutral"),
        joint_names=np.array(names),
        frames=person.frames,
    )
    return file.getvalue()
