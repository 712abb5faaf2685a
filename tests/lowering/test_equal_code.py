"""Our code objects are the host's."""

from __future__ import annotations

import ast

import pytest

from dx_py.backend.bytecode.compile_tree import compile_tree
from tests.frontend.trees import LIBRARY
from tests.lowering.cases_file import read_cases
from tests.lowering.code_comparison import differences

# A part of the library with every statement; the whole of it is `make conformance-code`.
MODULES = (
    "argparse.py",
    "asyncio/base_events.py",
    "collections/__init__.py",
    "dataclasses.py",
    "enum.py",
    "functools.py",
    "test/test_coroutines.py",
    "test/test_except_star.py",
    "test/test_patma.py",
    "test/test_type_params.py",
    "typing.py",
)


def assert_equal_code(source, filename, optimize):
    host = compile(source, filename, "exec", dont_inherit=True, optimize=optimize)
    ours = compile_tree(ast.parse(source), filename, optimize=optimize)
    assert list(differences(ours, host)) == []


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
@pytest.mark.parametrize("optimize", [0, 2])
@pytest.mark.parametrize("source", list(read_cases()))
def test_cases(source, optimize):
    assert_equal_code(source, "case.py", optimize)


@pytest.mark.filterwarnings("ignore::SyntaxWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize("name", MODULES)
def test_library_modules(name):
    path = LIBRARY / name
    if not path.exists():
        pytest.skip("this Python was installed without its tests")
    assert_equal_code(path.read_bytes(), str(path), 0)
