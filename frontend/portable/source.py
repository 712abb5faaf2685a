"""What the reductions of one parse share beside the values on the stack."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from dx_py.frontend.portable.tokens import Warning


@dataclass(slots=True)
class Source:
    """The text (as in ``Tokens``), warnings found on the way, and walruses in parentheses."""

    text: str
    warnings: list[Warning] = field(default_factory=list)
    parenthesised: set[int] = field(default_factory=set)

    def parenthesise(self, node: ast.expr) -> ast.expr:
        """Remember a ``NamedExpr`` by identity: the tree keeps it alive and unmarked."""
        if isinstance(node, ast.NamedExpr):
            self.parenthesised.add(id(node))
        return node

    def is_bare_walrus(self, node: ast.expr) -> bool:
        return isinstance(node, ast.NamedExpr) and id(node) not in self.parenthesised
