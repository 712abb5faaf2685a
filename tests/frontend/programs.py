"""Hypothesis strategies of complete, valid Python 3.12 modules.

`modules()` draws `ast.Module` trees without positions; `sources()` their text. Every program
compiles: names, scopes, loops, `await` and the like are where they are allowed. Values make no
sense, so running one proves nothing.
"""

from __future__ import annotations

import ast

from hypothesis import strategies as st

from dx_py.frontend.unparser import unparse
from tests.frontend.generation.choices import Choices, Place
from tests.frontend.generation.statements import Statements


@st.composite
def modules(draw: st.DrawFn, max_nodes: int = 60) -> ast.Module:
    statements = Statements(Choices(draw, draw(st.integers(5, max_nodes))))
    future = ast.ImportFrom("__future__", [ast.alias("annotations")], 0)
    opening: list[ast.stmt] = [future] if draw(st.integers(0, 7)) == 7 else []
    return ast.Module(opening + statements.block(Place()), [])


def sources(max_nodes: int = 60) -> st.SearchStrategy[str]:
    return modules(max_nodes).map(lambda tree: unparse(tree) + "\n")
