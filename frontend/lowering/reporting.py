"""Findings of the checks as the host's compiler reports them: warnings, then one error."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from dx_py.frontend.diagnostics.diagnostic import Diagnostic, HostPlace, Phase


def report(diagnostics: Iterable[Diagnostic], filename: str) -> None:
    """Warn in order; raises SyntaxError at the first error, or a warning that is made one."""
    for diagnostic in diagnostics:
        if diagnostic.category.is_error:
            raise syntax_error(diagnostic, filename)
        _warn(diagnostic, filename)


def _warn(diagnostic: Diagnostic, filename: str) -> None:
    try:
        warnings.warn_explicit(
            diagnostic.message, SyntaxWarning, filename, diagnostic.span.line
        )
    except SyntaxWarning:
        raise syntax_error(diagnostic, filename) from None


@dataclass(frozen=True, slots=True)
class Announcer:
    """Warns whenever a node is lowered, as the host does: `finally` statements are, twice."""

    found: Mapping[ast.AST, Sequence[Diagnostic]]
    filename: str

    def announce(self, node: ast.AST) -> None:
        for diagnostic in self.found.get(node, ()):
            _warn(diagnostic, self.filename)


def syntax_error(diagnostic: Diagnostic, filename: str) -> SyntaxError:
    """The compiler raises with the place among the arguments; the steps before it add the
    place to an exception that has the message alone."""
    span = diagnostic.span
    line, offset, end_line, end_offset = diagnostic.host or HostPlace(
        span.line, span.column + 1, span.end_line, span.end_column + 1
    )
    details = (filename, line, offset, _line_of_file(filename, line), end_line, end_offset)
    error = SyntaxError(diagnostic.message, details)
    if diagnostic.phase is not Phase.COMPILER:
        error.args = (diagnostic.message,)
    return error


def _line_of_file(filename: str, number: int) -> str | None:
    """The host shows the line that the file has by now, if there is one."""
    try:
        with open(filename, encoding="utf-8", errors="replace") as file:  # noqa: PTH123
            return next(islice(file, number - 1, number), None)
    except (OSError, ValueError):
        return None
