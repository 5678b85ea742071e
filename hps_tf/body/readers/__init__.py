"""Readers of body model files, chosen by the file's content."""

import os
from pathlib import Path

from hps_tf.body.body_data import BodyData
from hps_tf.body.readers import ghum, model_file, smpl_family
from hps_tf.errors import InputError


def read(path: str | os.PathLike[str], num_shape: int, *, all_joints: bool = False) -> BodyData:
    """Reads a body model file.

    Args:
      path: The file.
      num_shape: Number of shape components to keep, at most.
      all_joints: Whether all joints of the file are kept, or 24.

    Returns:
      The body.

    Raises:
      InputError: If the file is damaged, of no known layout, or a field is missing or wrong.
      OSError: If there is no such file.
    """
    with model_file.opened(Path(path)) as file:
        if "joint_names" in file and "skinning_weights" in file:
            if all_joints:
                raise InputError(
                    f"{path}: expected a file of SMPL's family with all joints, received GHUM's"
                )
            return ghum.read(file, num_shape)
        if "v_template" in file:
            return smpl_family.read(file, num_shape, all_joints=all_joints)
        names = ", ".join(file.names())
    layouts = f"SMPL's {', '.join(smpl_family.FIELDS)}; or GHUM's {', '.join(ghum.FIELDS)}"
    raise InputError(f"{path}: expected the fields {layouts}, received {names}")
