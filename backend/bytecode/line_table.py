"""``co_linetable``: a place for each run of code units (PEP 657, Objects/locations.md)."""

from __future__ import annotations

from collections.abc import Iterable

from dx_py.backend.bytecode.varint import signed_varint, varint
from dx_py.ir.code_unit import Span

_LONGEST_RUN = 8
_ONE_LINE, _NO_COLUMNS, _LONG, _NONE = 10, 13, 14, 15


def line_table(runs: Iterable[tuple[Span, int]], first_line: int) -> bytes:
    """Of spans and how many code units each covers, in order; neighbours differ."""
    table = bytearray()
    line = first_line
    for span, size in runs:
        while size > _LONGEST_RUN:
            _add_entry(table, span, _LONGEST_RUN, line)
            line = line if span[0] < 0 else span[0]
            size -= _LONGEST_RUN
        _add_entry(table, span, size, line)
        line = line if span[0] < 0 else span[0]
    return bytes(table)


def _add_entry(table: bytearray, span: Span, size: int, previous_line: int) -> None:
    line, last_line, column, end = span
    delta = line - previous_line
    if line < 0:
        table.append(_head(_NONE, size))
    elif column < 0 or end < 0:
        if last_line in (line, -1):
            table.append(_head(_NO_COLUMNS, size))
            table.extend(signed_varint(delta))
        else:
            _add_long(table, span, size, delta)
    elif last_line != line:
        _add_long(table, span, size, delta)
    elif not delta and column < 80 and 0 <= end - column < 16:
        table.append(_head(column >> 3, size))
        table.append((column & 7) << 4 | end - column)
    elif 0 <= delta < 3 and column < 128 and end < 128:
        table.append(_head(_ONE_LINE + delta, size))
        table.append(column)
        table.append(end)
    else:
        _add_long(table, span, size, delta)


def _add_long(table: bytearray, span: Span, size: int, delta: int) -> None:
    line, last_line, column, end = span
    table.append(_head(_LONG, size))
    table.extend(signed_varint(delta))
    table.extend(varint(last_line - line))
    table.extend(varint(column + 1))
    table.extend(varint(end + 1))


def _head(code: int, size: int) -> int:
    return 0x80 | code << 3 | size - 1
