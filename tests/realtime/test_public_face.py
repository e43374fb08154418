"""The public face of realtime: `realtime/__init__.py` declares each name twice, for type checkers
and for the loader."""

import ast
from pathlib import Path

import pytest

import realtime

_TREE = ast.parse(Path(realtime.__file__).read_text())
# What type checkers see: public name -> the module that it is imported from.
DECLARED = {
    alias.asname or alias.name: node.module
    for node in ast.walk(_TREE)
    if isinstance(node, ast.ImportFrom) and str(node.module).startswith("realtime.")
    for alias in node.names
}


def test_declarations_for_type_checkers_and_the_loader_agree() -> None:
    assert realtime._DEFINED_IN == DECLARED


@pytest.mark.parametrize("name", sorted(DECLARED))
def test_name_is_loaded_when_it_is_asked_for(name: str) -> None:
    assert getattr(realtime, name) is not None


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no public name 'hub_of_all'"):
        realtime.hub_of_all  # noqa: B018
