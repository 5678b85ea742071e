"""Images of meshes by a z-buffer in NumPy: part labels, depth, shaded colour."""

from hps_tf.rendering.mesh import merge, vertex_normals
from hps_tf.rendering.rasterizer import BACKGROUND, NEAR, Raster, rasterize
from hps_tf.rendering.shading import Light, interpolate, lit_vertices, part_labels, shade

__all__ = [
    "BACKGROUND",
    "NEAR",
    "Light",
    "Raster",
    "interpolate",
    "lit_vertices",
    "merge",
    "part_labels",
    "rasterize",
    "shade",
    "vertex_normals",
]
