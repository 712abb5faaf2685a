"""Findings of the checks as the host's compiler reports them: warnings, then one error."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from itertools import islice

from dx_py.frontend.diagnostics.diagnostic import Diagnostic, HostPlace, Phase


def report(diagnostics: Iterable[Diagnostic], filename: str) -> None:
    """Warn in order; raises SyntaxError at the first error, or a warning that is made one."""
    for diagnostic in diagnostics:
        if diagnostic.category.is_error:
            raise syntax_error(diagnostic, filename)
        try:
            warnings.warn_explicit(
                diagnostic.message, SyntaxWarning, filename, diagnostic.span.line
            )
        except SyntaxWarning:
            raise syntax_error(diagnostic, filename) from None


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
