"""Makes notebooks of examples and runs them, so that their outputs are shown.

    pip install '.[notebooks]'
    python -m tools.build_notebooks --output examples/notebooks

A script's docstring becomes text, its imports and each of its functions a cell, and the program at
its end a cell that calls it with the arguments of `NOTEBOOKS`. People are rendered.
"""

import ast
import itertools
import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from hps_tf import extras
from hps_tf.cli import command

if TYPE_CHECKING:
    import nbformat

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"

_RENDERED = '''"""Renders a person with known keypoints, in place of your photograph and file."""

import io

import numpy as np
from PIL import Image

import hps_tf.priors
from hps_tf.data.synthetic import Generator, PriorPeople

people = PriorPeople(hps_tf.priors.load("cmu-6d-light"))
*_, person = Generator(320).examples(people, "train", 5)
Image.open(io.BytesIO(person.image)).save("person.png")
np.savez(
    "people.npz",
    keypoints=person.keypoints_2d[None],
    confidence=person.keypoint_weights[None],
    intrinsics=person.intrinsics,
    image_names=np.array(["person.png"]),
)
'''


class Notebook(NamedTuple):
    """A notebook of a script.

    Attributes:
      arguments: Of the command line.
      picture: The file to show at the end.
      before: A cell to run first, or empty.
    """

    arguments: str
    picture: str
    before: str = ""


NOTEBOOKS = {
    "complete_pose": Notebook("--output complete_out", "complete_out/hypotheses.png"),
    "own_keypoints": Notebook(
        "people.npz --image_dir . --output keypoints_out", "keypoints_out/person.png", _RENDERED
    ),
    "train_prior": Notebook("--epochs 4 --output prior_out", "prior_out/samples.png"),
}


def main() -> None:
    """Writes all notebooks."""
    parser = command.parser("tools.build_notebooks", __doc__)
    parser.add_argument("--output", type=command.path, required=True, help="their directory")
    output = parser.parse_args().output
    with extras.needed("notebooks"):
        import nbformat
        from nbclient import NotebookClient
    output.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    for name, settings in NOTEBOOKS.items():
        notebook = build(name, (EXAMPLES / f"{name}.py").read_text(), settings)
        with tempfile.TemporaryDirectory() as directory:
            NotebookClient(notebook, resources={"metadata": {"path": directory}}).execute()
        for cell in notebook.cells:
            # What TensorFlow writes to stderr tells of the machine.
            cell.metadata.pop("execution", None)
            if "outputs" in cell:
                cell.outputs = [each for each in cell.outputs if each.get("name") != "stderr"]
        notebook.metadata.language_info = {"name": "python"}
        nbformat.write(notebook, output / f"{name}.ipynb")
        print(f"wrote {output / f'{name}.ipynb'}", flush=True)


def build(name: str, script: str, settings: Notebook) -> "nbformat.NotebookNode":
    """Makes the notebook of a script, not yet run.

    Args:
      name: The script's.
      script: Its text.
      settings: The notebook's.
    """
    from nbformat import v4

    cells = [v4.new_markdown_cell(f"# {name}\n\n{ast.get_docstring(ast.parse(script))}")]
    if settings.before:
        cells.append(v4.new_code_cell(settings.before.strip()))
    cells.append(
        v4.new_code_cell(
            f"import sys\n\nsys.argv = {json.dumps([f'{name}.py', *settings.arguments.split()])}"
        )
    )
    cells += [v4.new_code_cell(part) for part in parts(script)]
    show = f'from IPython.display import Image\n\nImage("{settings.picture}")'
    cells.append(v4.new_code_cell(show))
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"
    notebook = v4.new_notebook(cells=cells)
    notebook.metadata.kernelspec = {
        "display_name": "Python 3", "language": "python", "name": "python3",
    }  # fmt: skip
    return notebook


def parts(script: str) -> list[str]:
    """Splits a script without its docstring: what is before the functions, each of them, the end.

    Args:
      script: Its text.
    """
    lines = script.splitlines()
    first, *rest = ast.parse(script).body
    begins = [node.lineno - 1 for node in rest if isinstance(node, ast.FunctionDef | ast.If)]
    begins = [first.end_lineno or 0, *begins, len(lines)]
    return ["\n".join(lines[begin:end]).strip() for begin, end in itertools.pairwise(begins)]


if __name__ == "__main__":
    command.run(main, "tools.build_notebooks")
