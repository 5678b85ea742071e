"""The surfaces of everybody in one frame as a Wavefront OBJ file, an object per person.

Convention: x right, y up, z backward, metres.
"""

import io

import numpy as np

from hps_tf.formats.scene import TO_Y_UP, Scene


def content(scene: Scene) -> bytes:
    """Makes the file of a scene.

    Args:
      scene: The people, each in one frame.

    Returns:
      The content of an ``.obj`` file.

    Raises:
      ValueError: If somebody has several frames.
    """
    file = io.StringIO()
    file.write("# hps_tf: metres, y up\n")
    first = 1
    for person in scene.people:
        if len(person.frames) != 1:
            raise ValueError(
                f"{person.name!r}: expected one frame, since OBJ has no motion, received"
                f" {len(person.frames)}; .glb holds them all"
            )
        vertices = scene.vertices(person)[0] @ TO_Y_UP.T
        file.write(f"o {person.name.replace(' ', '_')}\n")
        np.savetxt(file, vertices, fmt="v %.6f %.6f %.6f")
        np.savetxt(file, scene.body.faces + first, fmt="f %d %d %d")
        first += len(vertices)
    return file.getvalue().encode()
