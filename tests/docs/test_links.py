"""Links of README and documents lead to files and headings that are there."""

import re

import pytest

from tests.docs import documents

_LINK = re.compile(r"\]\(([^)\s]+)\)")


def headings(path):
    """The anchors of a document, as GitHub makes them."""
    text = re.sub(r"^```.*?^```$", "", path.read_text("utf-8"), flags=re.M | re.S)
    titles = re.findall(r"^#+ (.+)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("path", documents.DOCUMENTS, ids=documents.name)
def test_relative_links_lead_somewhere(path):
    for link in _LINK.findall(path.read_text("utf-8")):
        if link.startswith(("http://", "https://")):
            continue
        file, _, anchor = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        assert target.exists(), link
        assert target.is_relative_to(documents.ROOT), link
        if anchor:
            assert anchor in headings(target), link


def test_every_document_is_in_the_index():
    index = (documents.ROOT / "docs" / "README.md").read_text("utf-8")
    for path in documents.DOCUMENTS:
        if path.parent.name == "docs" and path.name != "README.md":
            assert f"({path.name})" in index, path.name


def test_the_readme_fits_on_a_few_screens():
    assert len((documents.ROOT / "README.md").read_text("utf-8").splitlines()) <= 120
