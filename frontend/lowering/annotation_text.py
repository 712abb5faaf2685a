"""The text of a postponed annotation, as the host writes it."""

from __future__ import annotations

import ast


def annotation_text(node: ast.expr) -> str:
    return ast.unparse(node)
