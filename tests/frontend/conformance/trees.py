"""Symbol tables, compile-time verdicts and round trips over the whole library and its tests."""

from __future__ import annotations

import ast

import pytest

from dx_py.frontend.unparser import unparse
from tests.frontend.host_symbols import host_table, our_table
from tests.frontend.host_verdict import host_verdict, our_verdict
from tests.frontend.trees import LIBRARY, library_sources, structure

FOLDERS = sorted({path.parent for path in LIBRARY.rglob("*.py")})


def parsed(folder):
    for path, source in library_sources(f"{folder.relative_to(LIBRARY)}/*.py"):
        try:
            yield path, source, ast.parse(source)
        except (SyntaxError, ValueError):
            continue


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("folder", FOLDERS, ids=str)
def test_round_trips(folder):
    for path, source, tree in parsed(folder):
        text = unparse(tree).encode("utf-8", "surrogatepass")
        assert structure(ast.parse(text)) == structure(ast.parse(source)), path


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("folder", FOLDERS, ids=str)
def test_symbols_and_verdicts(folder):
    for path, source, tree in parsed(folder):
        verdict = host_verdict(tree)
        assert our_verdict(tree) == verdict, path
        if not isinstance(verdict, tuple):
            assert our_table(source) == host_table(source), path
