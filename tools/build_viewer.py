r"""Builds hps_tf/visualization/viewer/three.min.js, the part of three.js that the viewer needs.

    python -m tools.build_viewer

takes some seconds: it downloads the pinned package of three.js (5 MB, checked by its sha256) and
esbuild, and bundles what is named below. The file is committed; building it again gives the same
bytes.
"""

import tempfile
from pathlib import Path

import hps_tf
from hps_tf.cli import command
from hps_tf.io import atomic_file
from tools.npm_package import NpmPackage, run_npm

PATH = Path(hps_tf.__file__).parent / "visualization" / "viewer" / "three.min.js"

THREE = NpmPackage(
    "three@0.187.0", "ff540832ded0cfe919764d24a3d88f3e2a05f23303f876423e4f893841e90728"
)
ESBUILD = "esbuild@0.25.0"

_NAMES = (
    "AnimationMixer",
    "Box3",
    "BufferAttribute",
    "BufferGeometry",
    "Color",
    "DirectionalLight",
    "DoubleSide",
    "GridHelper",
    "Group",
    "HemisphereLight",
    "LineBasicMaterial",
    "LineSegments",
    "Mesh",
    "MeshBasicMaterial",
    "MeshStandardMaterial",
    "PerspectiveCamera",
    "PlaneGeometry",
    "Raycaster",
    "SRGBColorSpace",
    "Scene",
    "TextureLoader",
    "Vector2",
    "Vector3",
    "WebGLRenderer",
)
_ENTRY = f"""export {{ {", ".join(_NAMES)} }} from 'three';
export {{ OrbitControls }} from 'three/addons/controls/OrbitControls.js';
export {{ GLTFLoader }} from 'three/addons/loaders/GLTFLoader.js';
"""
_NOTICE = (
    "/* three.js r187 with OrbitControls and GLTFLoader. Copyright 2010-2026 three.js authors; MIT"
    " licence, see NOTICE. Bundled by tools/build_viewer.py. */\n"
)


def main() -> None:
    """Builds the file."""
    parser = command.parser("tools.build_viewer", __doc__)
    parser.add_argument(
        "--package",
        type=command.path,
        metavar="FILE",
        help=f"the .tgz file of {THREE.requirement} (default: npm downloads it)",
    )
    parser.add_argument(
        "--output", type=command.path, default=PATH, metavar="FILE", help="(default %(default)s)"
    )
    arguments = parser.parse_args()
    content = bundle(arguments.package)
    with atomic_file.replacing(arguments.output) as temporary:
        temporary.write_text(content, "utf-8")
    print(f"{arguments.output}: {len(content) / 1e3:.0f} kB written")


def bundle(package: Path | None) -> str:
    """Makes the script.

    Args:
      package: The .tgz file of three.js; None asks the package registry.

    Raises:
      InputError: If a package is not to be had.
    """
    with tempfile.TemporaryDirectory() as name, THREE.opened(package) as archive:
        directory = Path(name)
        archive.extractall(directory / "node_modules", filter="data")
        (directory / "node_modules" / "package").rename(directory / "node_modules" / "three")
        (directory / "entry.js").write_text(_ENTRY, "utf-8")
        run_npm(
            [
                *("exec", "--yes", f"--package={ESBUILD}", "--", "esbuild", "entry.js"),
                *("--bundle", "--minify", "--format=iife", "--global-name=THREE"),
                *("--target=es2020", "--outfile=three.min.js", "--log-level=error"),
            ],
            directory,
        )
        return _NOTICE + (directory / "three.min.js").read_text("utf-8")


if __name__ == "__main__":
    command.run(main, "tools.build_viewer")
