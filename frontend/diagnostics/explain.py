"""Everything that is wrong with a source."""

from __future__ import annotations

import ast

from dx_py.frontend.diagnostics.diagnostic import Category, Diagnostic, Phase, Span
from dx_py.frontend.diagnostics.syntax import MAX_ERRORS, explain_syntax
from dx_py.frontend.encoding import to_utf8
from dx_py.frontend.parser import parse
from dx_py.frontend.semantics.check import check_semantics
from dx_py.frontend.to_ast import to_ast


def explain(source: bytes | str, filename: str, mode: str = "exec") -> list[Diagnostic]:
    """Errors and warnings, the host's first error first; empty for a source without any.

    While the source does not parse, only syntax is looked at. Raises SyntaxError for a source
    that cannot be decoded.
    """
    try:
        tree = to_ast(parse(source, filename=filename, mode=mode))
    except SyntaxError as error:
        text = to_utf8(source, filename=filename)
        return explain_syntax(text, mode, limit=MAX_ERRORS) or [_from_exception(error)]
    assert isinstance(tree, ast.mod)
    return check_semantics(tree)


def _from_exception(error: SyntaxError) -> Diagnostic:
    """What the parser itself refused, and the search for reasons does not know."""
    line, column = error.lineno or 1, max(0, (error.offset or 1) - 1)
    end_line = error.end_lineno or line
    end_column = max(0, (error.end_offset or 1) - 1)
    place = Span(line, column, end_line, end_column)
    return Diagnostic(error.msg, place, Category(type(error).__name__), Phase.PARSER)
