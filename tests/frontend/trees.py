"""Comparing trees, and finding sources to compare on."""

from __future__ import annotations

import ast
import sysconfig
from collections.abc import Iterator
from pathlib import Path

LIBRARY = Path(sysconfig.get_path("stdlib"))


class _NormaliseFStrings(ast.NodeTransformer):
    """Patch releases of 3.12 differ in empty and adjacent constants inside f-strings."""

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.JoinedStr:
        self.generic_visit(node)
        merged: list[ast.expr] = []
        for part in node.values:
            if isinstance(part, ast.Constant) and merged:
                last = merged[-1]
                if isinstance(last, ast.Constant) and last.kind == part.kind:
                    merged[-1] = ast.Constant(last.value + part.value, last.kind)
                    continue
            merged.append(part)
        node.values = [p for p in merged if not (isinstance(p, ast.Constant) and p.value == "")]
        return node


def structure(tree: ast.AST) -> str:
    """`ast.dump` without positions and without the f-string quirks; changes the tree."""
    return ast.dump(_NormaliseFStrings().visit(tree))


def library_sources(pattern: str = "*.py") -> Iterator[tuple[Path, bytes]]:
    for path in sorted(LIBRARY.glob(pattern)):
        yield path, path.read_bytes()
