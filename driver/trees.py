"""Source to a tree without a store: what ``api`` gives to programs."""

from __future__ import annotations

import ast
import os
import warnings

from dx_py.frontend import ast_artifact
from dx_py.frontend.parser import parse
from dx_py.frontend.to_ast import to_ast

try:
    from dx_py.frontend import _ast
except ImportError:
    _HAS_NATIVE = False
else:
    _HAS_NATIVE = os.environ.get("DX_PORTABLE") != "1"


def parse_tree(
    source: str | bytes,
    *,
    filename: str,
    mode: str,
    type_comments: bool,
    minor_version: int,
    barry_as_bdfl: bool,
) -> ast.AST:
    """Raises and warns as ``ast.parse`` does."""

    def artifact() -> bytes:
        return parse(
            source,
            filename=filename,
            mode=mode,
            type_comments=type_comments,
            minor_version=minor_version,
            barry_as_bdfl=barry_as_bdfl,
        )

    if _HAS_NATIVE:
        try:
            return _ast.parse(
                source,
                filename,
                mode,
                type_comments=type_comments,
                minor_version=minor_version,
                barry_as_bdfl=barry_as_bdfl,
            )
        except SyntaxError:
            # The artifact's parser looks for the host's own words before it refuses.
            artifact()
            raise
    encoded = artifact()
    for line, _, message in ast_artifact.decode(encoded).warnings:
        warnings.warn_explicit(message, SyntaxWarning, filename, line)
    return to_ast(encoded)
