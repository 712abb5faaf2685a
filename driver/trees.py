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


def can_parse(*, type_comments: bool, barry_as_bdfl: bool) -> bool:
    """Whether the front end knows these options: the one in pure Python does not."""
    return _HAS_NATIVE or not (type_comments or barry_as_bdfl)


def parse_tree(
    source: str | bytes,
    *,
    filename: str,
    mode: str,
    type_comments: bool,
    minor_version: int,
    barry_as_bdfl: bool,
) -> ast.AST:
    """Raises and warns as ``ast.parse`` does; options are such as ``can_parse`` accepts."""
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
            parse(source, filename=filename, mode=mode, minor_version=minor_version)
            raise
    artifact = parse(source, filename=filename, mode=mode, minor_version=minor_version)
    for line, _, message in ast_artifact.decode(artifact).warnings:
        warnings.warn_explicit(message, SyntaxWarning, filename, line)
    return to_ast(artifact)
