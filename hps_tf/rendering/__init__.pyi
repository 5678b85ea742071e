from .mesh import merge, vertex_normals
from .rasterizer import BACKGROUND, NEAR, Raster, rasterize
from .shading import Light, interpolate, lit_vertices, part_labels, shade

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
