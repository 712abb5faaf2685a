"""From an `ast` tree to Python source that parses back to the same tree.

`ast.dump` without positions is the measure of "the same"; comments and layout are not in a
tree. The rules are in `dx_py.frontend.printing`, a module for each part of the grammar.
"""

from __future__ import annotations

import ast

from dx_py.frontend.printing import (
    blocks,
    definitions,
    expressions,
    fstrings,
    operators,
    patterns,
    simple_statements,
)
from dx_py.frontend.printing.writer import Writer

# Importing a module of rules enters them in the table.
RULE_MODULES = (
    blocks,
    definitions,
    expressions,
    fstrings,
    operators,
    patterns,
    simple_statements,
)


def unparse(tree: ast.AST) -> str:
    """Source text of any node, as `ast.unparse`: without a newline at the end.

    Raises `TypeError` for a node class that is not Python 3.12's, `ValueError` for a tree that
    no source means, such as a call inside the literal part of an f-string.
    """
    return Writer().write(tree)
