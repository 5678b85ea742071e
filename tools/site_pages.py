"""Pages that the documentation site adds to docs/: the reference, cards, examples, root files.

A hook of MkDocs (mkdocs.yml); it imports nothing of `hps_tf`. Links between documents are those of
the repository, so that they work there too: what they name outside of docs/ gets a page here, or is
shown by the page that stands for it.
"""

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]

_NAMES = ROOT / "tests" / "public_names.txt"
_ROOT_PAGES = {
    "README.md": "overview.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "CITATION.cff": "CITATION.cff",
    "LICENSE": "LICENSE",
    "NOTICE": "NOTICE",
}
_LINK = re.compile(r"(\]\()([^)\s]+)(\))")
_CODE = re.compile(r"^```.*?^```$|`[^`\n]+`", re.M | re.S)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the generated pages."""
    for path, text in _generated():
        files.append(File.generated(config, path, content=text))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turns links out of docs/ into links to the pages that stand for their targets."""
    origin = _origin(page.file.src_uri)

    def turned(match: re.Match) -> str:
        link = match[2]
        if link.startswith(("http://", "https://", "#")):
            return match[0]
        file, separator, anchor = link.partition("#")
        target = posixpath.normpath(posixpath.join(posixpath.dirname(origin), file))
        uri = page_of(target)
        if uri is None:
            raise PluginError(
                f"{origin}: expected a page of the site for {link}, received {target}"
            )
        start = posixpath.dirname(page.file.src_uri) or "."
        return f"{match[1]}{posixpath.relpath(uri, start)}{separator}{anchor}{match[3]}"

    # Code may look like a link.
    pieces, last = [], 0
    for code in _CODE.finditer(markdown):
        pieces += [_LINK.sub(turned, markdown[last : code.start()]), code[0]]
        last = code.end()
    return "".join([*pieces, _LINK.sub(turned, markdown[last:])])


def page_of(target: str) -> str | None:
    """Names the site's page or file for a path of the repository; None where there is none.

    Args:
      target: From the repository's root.
    """
    if target.startswith("docs/"):
        return target.removeprefix("docs/")
    if target in _ROOT_PAGES:
        return _ROOT_PAGES[target]
    parts = target.split("/")
    if parts[0] == "examples":
        return "examples.md"
    if len(parts) > 2 and parts[2] == "pretrained":
        return f"cards/{parts[3]}" if len(parts) == 4 else "cards.md"
    if len(parts) > 1 and parts[0] == "hps_tf" and parts[1] in reference_names():
        return f"reference/{parts[1]}.md"
    return None


def reference_names() -> dict[str, list[str]]:
    """The public names of each subpackage, from `tests/public_names.txt`."""
    names = _NAMES.read_text("utf-8").split()
    found: dict[str, list[str]] = {}
    for name in names:
        parts = name.split(".")
        if len(parts) > 2 and parts[1].islower():
            found.setdefault(parts[1], []).append(name)
    return found


def _generated() -> Iterator[tuple[str, str]]:
    for name, path in _ROOT_PAGES.items():
        yield path, (ROOT / name).read_text("utf-8")
    for card in sorted(ROOT.glob("hps_tf/*/pretrained/*.md")):
        yield f"cards/{card.name}", card.read_text("utf-8")
    yield "examples.md", _examples()
    yield "reference/index.md", "# hps_tf\n\n::: hps_tf.errors.InputError\n"
    for subpackage, names in reference_names().items():
        yield f"reference/{subpackage}.md", _reference(subpackage, names)


def _origin(uri: str) -> str:
    """The file of the repository that a page was read from."""
    for name, path in _ROOT_PAGES.items():
        if uri == path:
            return name
    if uri.startswith("cards/"):
        (card,) = ROOT.glob(f"hps_tf/*/pretrained/{posixpath.basename(uri)}")
        return card.relative_to(ROOT).as_posix()
    return f"docs/{uri}"


def _examples() -> str:
    blocks = ["# Examples\n"]
    for path in sorted((ROOT / "examples").glob("*.py")):
        blocks += [f"## {path.name}\n", f"```python\n{path.read_text('utf-8')}```\n"]
    return "\n".join(blocks)


def _reference(subpackage: str, names: list[str]) -> str:
    own = "    options:\n      members: false\n      show_root_heading: false\n"
    blocks = [f"# hps_tf.{subpackage}\n", f"::: hps_tf.{subpackage}\n{own}"]
    for name in names:
        # Of a package only its docstring: its names follow by themselves.
        is_package = any(other.startswith(f"{name}.") for other in names)
        options = "    options:\n      members: false\n" if is_package else ""
        blocks.append(f"::: {name}\n{options}")
    return "\n".join(blocks)
