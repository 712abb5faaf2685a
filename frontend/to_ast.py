"""AST artifact to the host's ``ast`` objects, whole or one function at a time."""

from __future__ import annotations

import ast
import os

from dx_py.frontend import ast_artifact
from dx_py.frontend.ast_artifact import AstArtifact
from dx_py.frontend.function_index import FunctionEntry

try:
    from dx_py.frontend import _ast
except ImportError:
    _HAS_NATIVE = False
else:
    _HAS_NATIVE = os.environ.get("DX_PORTABLE") != "1"


def to_ast(artifact: bytes) -> ast.AST:
    """The tree of an artifact. Raises ArtifactError for bytes that are none."""
    return tree_of(ast_artifact.decode(artifact))


def tree_of(content: AstArtifact) -> ast.AST:
    """The tree of a decoded artifact."""
    return _build(content.tree, content.names, 0)


def function_to_ast(content: AstArtifact, entry: FunctionEntry) -> ast.AST:
    """The subtree of one entry of the function index, with the positions it has in the file."""
    return _build(content.tree[entry.start : entry.end], content.names, entry.line)


def _build(tree: bytes, names: list[str], line: int) -> ast.AST:
    if _HAS_NATIVE:
        return _ast.from_tree(tree, names, line)
    return ast_artifact.build(tree, names, line=line)
