"""The documentation site builds without warnings and is complete and readable without a network."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.docs import documents
from tools import site_pages

pytest.importorskip("mkdocstrings")


class _Page(HTMLParser):
    """What a page loads, links to, and holds."""

    def __init__(self, path: Path):
        super().__init__()
        self.loaded, self.linked, self.ids = [], [], set()
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.ids.add(attributes.get("id"))
        if tag == "a":
            self.linked.append(attributes.get("href") or "")
        elif tag in ("script", "img", "iframe"):
            self.loaded.append(attributes.get("src") or "")
        elif tag == "link" and attributes.get("rel") in ("stylesheet", "preload", "icon"):
            self.loaded.append(attributes.get("href") or "")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The directory of the built site, whose build had no warnings."""
    directory = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", directory],
        cwd=documents.ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stderr
    return directory


@pytest.fixture(scope="module")
def pages(site):
    return {path.relative_to(site).as_posix(): _Page(path) for path in site.rglob("*.html")}


def test_every_document_is_a_page(pages):
    for path in (documents.ROOT / "docs").glob("*.md"):
        name = "index" if path.stem == "README" else path.stem
        assert f"{name}.html" in pages


def test_every_model_has_its_card(pages):
    for weights in documents.ROOT.glob("hps_tf/*/pretrained/*.npz"):
        assert f"cards/{weights.stem}.html" in pages


def test_every_public_name_of_a_subpackage_is_in_the_reference(pages):
    for subpackage, names in site_pages.reference_names().items():
        missing = set(names) - pages[f"reference/{subpackage}.html"].ids
        assert not missing


def test_pages_load_nothing_from_a_network(site, pages):
    loaded = {file for page in pages.values() for file in page.loaded}
    assert any("iframe-worker" in file for file in loaded)
    assert [file for file in loaded if re.match(r"(https?:)?//", file)] == []
    for sheet in site.rglob("*.css"):
        assert not re.search(r"(@import|url\()\s*[\"']?(https?:)?//", sheet.read_text("utf-8"))


def test_links_between_pages_lead_somewhere(site, pages):
    for name, page in pages.items():
        if name == "404.html":  # Its links begin at the root of a server.
            continue
        for link in {*page.loaded, *page.linked}:
            file, _, anchor = link.partition("#")
            file = file.partition("?")[0]
            if re.match(r"\w+:", file):
                continue
            target = (site / name).parent / file if file else site / name
            assert target.resolve().exists(), (name, link)
            key = target.resolve().relative_to(site.resolve()).as_posix()
            if anchor and key in pages:
                assert anchor in pages[key].ids, (name, link)


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("docs/data.md", "data.md"),
        ("README.md", "overview.md"),
        ("hps_tf/priors/pretrained", "cards.md"),
        ("hps_tf/models/pretrained/photo.md", "cards/photo.md"),
        ("hps_tf/fitting/refiner.py", "reference/fitting.md"),
        ("examples/photo.py", "examples.md"),
        ("trainers/train.py", None),
    ],
)
def test_paths_of_the_repository_are_shown_by_pages(path, uri):
    assert site_pages.page_of(path) == uri
