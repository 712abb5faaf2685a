"""Hypothesis strategies of complete, valid Python 3.12 modules.

`modules()` draws `ast.Module` trees without positions; `sources()` their text. Every program
compiles: names, scopes, loops, `await` and the like are where they are allowed. Values make no
sense, so running one proves nothing. `misplaced()` draws programs that parse, and may break any
of these rules.
"""

from __future__ import annotations

import ast

from hypothesis import strategies as st

from dx_py.frontend.unparser import unparse
from tests.frontend.generation.choices import Choices, Place
from tests.frontend.generation.statements import Statements


@st.composite
def modules(draw: st.DrawFn, max_nodes: int = 60, place: Place | None = None) -> ast.Module:
    statements = Statements(Choices(draw, draw(st.integers(5, max_nodes))))
    future = ast.ImportFrom("__future__", [ast.alias("annotations")], 0)
    opening: list[ast.stmt] = [future] if draw(st.integers(0, 7)) == 7 else []
    return ast.Module(opening + statements.block(place or Place()), [])


def sources(max_nodes: int = 60, place: Place | None = None) -> st.SearchStrategy[str]:
    return modules(max_nodes, place).map(lambda tree: unparse(tree) + "\n")


def misplaced(max_nodes: int = 30) -> st.SearchStrategy[str]:
    """The generator is told lies about the place, so `await` and `break` are anywhere."""
    lies = st.builds(
        Place,
        is_async=st.booleans(),
        yields=st.booleans(),
        returns=st.booleans(),
        loop=st.booleans(),
        enclosing_names=st.sampled_from([(), ("a", "g0")]),
    )
    return lies.flatmap(lambda place: sources(max_nodes, place))
