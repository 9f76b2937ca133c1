"""Examples in docstrings are true, and no public docstring leans on its neighbour."""

import doctest
import importlib
import inspect
import pkgutil

import pytest

import ionladder

OPTIONAL = {"ase", "bvlain", "chgnet", "matbench", "matgl", "schnetpack", "sevenn", "torch"}
MODULES = sorted(m.name for m in pkgutil.walk_packages(ionladder.__path__, "ionladder."))


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_are_true(name):
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name not in OPTIONAL:
            raise
        pytest.skip(f"needs the extra with {error.name}")

    outcome = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)

    assert outcome.failed == 0
    leaning = [
        member
        for member, value in vars(module).items()
        if inspect.isroutine(value)
        and value.__module__ == name
        and (inspect.getdoc(value) or "").startswith("The same ")
    ]
    assert leaning == [], "say what it does"
