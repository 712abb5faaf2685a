"""What the host says of a source at compile time, and what we say, in one shape."""

from __future__ import annotations

import ast
import warnings
from typing import Any

from dx_py.frontend.diagnostics.diagnostic import Diagnostic
from dx_py.frontend.semantics.check import check_semantics


def host_verdict(tree: ast.mod) -> Any:
    """The error's attributes, or the set of warnings with their lines."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", SyntaxWarning)
        try:
            compile(tree, "<test>", "exec", dont_inherit=True)
        except SyntaxError as error:
            return (error.msg, error.lineno, error.offset, error.end_lineno, error.end_offset)
    return {(str(w.message), w.lineno) for w in caught if issubclass(w.category, SyntaxWarning)}


def our_verdict(tree: ast.mod) -> Any:
    found = check_semantics(tree)
    errors = [d for d in found if d.category.is_error]
    return _attributes(errors[0]) if errors else {(d.message, d.span.line) for d in found}


def _attributes(diagnostic: Diagnostic) -> Any:
    span = diagnostic.span
    place = (span.line, span.column + 1, span.end_line, span.end_column + 1)
    return (diagnostic.message, *(diagnostic.host or place))
