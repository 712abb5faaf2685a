"""Faults of a source text as the host's exceptions."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LINE_BREAK = re.compile(rb"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Place:
    """Lines from one, columns in UTF-8 bytes from zero."""

    line: int
    column: int
    end_line: int
    end_column: int


class Fault(Exception):  # noqa: N818 - becomes the host's exception before a caller sees it
    """A text that was refused: the host's exception class, its message, the place.

    ``at_end`` says that the text ended where more was needed, ``from_lexer`` that a token could
    not be read.
    """

    def __init__(
        self,
        kind: type[Exception],
        message: str,
        place: Place | None,
        *,
        at_end: bool,
        from_lexer: bool,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.place = place
        self.at_end = at_end
        self.from_lexer = from_lexer


def host_exception(fault: Fault, text: bytes, *, filename: str) -> Exception:
    """The exception that ``ast.parse`` raises, columns counted in characters from one."""
    if not issubclass(fault.kind, SyntaxError):
        return fault.kind(fault.message)
    if fault.place is None:
        return fault.kind(fault.message)
    place = fault.place
    first, last = _line(text, place.line), _line(text, place.end_line)
    shown = first.decode("utf-8", "replace")
    start, end = _offset(first, place.column), _offset(last, place.end_column)
    details = (filename, place.line, start, shown, place.end_line, end)
    return fault.kind(fault.message, details)


def _line(text: bytes, number: int) -> bytes:
    lines = _LINE_BREAK.split(text, number)
    return lines[number - 1] if number <= len(lines) else b""


def _offset(line: bytes, column: int) -> int:
    characters = len(line[:column].decode("utf-8", "replace"))
    return characters + 1 + max(0, column - len(line))
