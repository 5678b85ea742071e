"""Rotations, cameras and alignments, as pure differentiable functions.

The modules are the interface (``from hps_tf.geometry import axis_angle``):

- `axis_angle`, `quaternion`, `rotation_6d`: the representations of a rotation and their matrices.
- `rotation_matrix`: distance between rotations, relative and nearest rotation.
- `camera`: perspective projection, crops, OpenCV and OpenGL frames.
- `weak_perspective`: the scaled orthographic views of many networks, to and from perspective.
- `shortest_rotation`: the rotation between two directions, in NumPy.
- `translation`: a person's place in front of the camera from 3D joints and their 2D detections.
- `procrustes`: similarity alignment of corresponding points.
- `checks`: the shape check at every public entry.

Every other function is pure TensorFlow, in float32 or float64, with any number of leading batch
axes, and gives the same result eagerly, in a ``tf.function`` and compiled by XLA.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
