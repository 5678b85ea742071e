"""Public names are those of `public_names.txt`, and each docstring has a shape or an example.

After a change that is meant: ``python -m tests.test_public_names`` writes the list anew.
"""

import importlib
import inspect
import re
import types
from pathlib import Path

import pytest

import hps_tf

LIST = Path(__file__).with_name("public_names.txt")
_SHAPE = re.compile(r"\((?:\.\.\.|[A-Z]\w*|\d+)(?:, ?[^()]+)?,?\)")
_EXAMPLE = re.compile(r"^ {4,}[\w(].*[(=]|>>> ", re.MULTILINE)
_SECTION = re.compile(r"^(Args|Attributes|Raises|Returns|Yields):$", re.MULTILINE)


def packages():
    """The packages that export names."""
    root = Path(hps_tf.__file__).parent
    stubs = sorted(root.rglob("__init__.pyi"))
    return [".".join(path.parent.relative_to(root.parent).parts) for path in stubs]


def public_names():
    """The dotted public names of all packages."""
    return sorted(
        f"{package}.{name}"
        for package in packages()
        for name in importlib.import_module(package).__all__
    )


def _objects():
    found = {}
    for dotted in public_names():
        package, _, name = dotted.rpartition(".")
        thing = getattr(importlib.import_module(package), name)
        if callable(thing) or isinstance(thing, types.ModuleType):
            found.setdefault(id(thing), (dotted, thing))
    return dict(found.values())


def test_public_names_are_those_of_the_list():
    assert public_names() == LIST.read_text().split()


def test_the_top_level_has_about_two_dozen_names_beside_the_packages():
    names = [name for name in hps_tf.__all__ if f"hps_tf.{name}" not in packages()]
    assert 20 <= len(names) <= 30
    assert set(hps_tf.__all__) <= set(dir(hps_tf))


def test_each_public_name_has_a_docstring_with_a_shape_or_an_example():
    without = []
    for dotted, thing in _objects().items():
        texts = [inspect.getdoc(thing) or ""]
        if inspect.isclass(thing):
            members = [thing.__dict__[name] for name in vars(thing) if _is_public(name)]
            texts += [inspect.getdoc(each) or "" for each in members if callable(each)]
        is_described = isinstance(thing, types.ModuleType) and texts[0]
        if not is_described and not any(map(_has_shape_or_example, texts)):
            without.append(dotted)
    assert not without


@pytest.mark.parametrize("name", ["fitting.fit", "models.soft_argmax", "losses.weighted_sum"])
def test_a_function_that_is_called_as_its_module_is_the_function(name):
    package, _, attribute = name.partition(".")
    importlib.import_module(f"hps_tf.{name}")
    assert callable(getattr(getattr(hps_tf, package), attribute))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = hps_tf.no_such_name


def _has_shape_or_example(text):
    introduction = _SECTION.split(text)[0]
    return bool(_SHAPE.search(text) or _EXAMPLE.search(introduction) or ">>> " in text)


def _is_public(name):
    return not name.startswith("_") or name == "__call__"


if __name__ == "__main__":
    LIST.write_text("\n".join(public_names()) + "\n")
