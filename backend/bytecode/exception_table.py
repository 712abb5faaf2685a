"""``co_exceptiontable``: which handler covers which code units."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dx_py.backend.bytecode.varint import big_endian_varint
from dx_py.ir.code_unit import Block

_START = 0x80


def exception_table(
    handlers: Iterable[tuple[Block | None, int]], offsets: Mapping[Block, int]
) -> bytes:
    """Of the handler of each instruction and the instruction's size, in order."""
    table = bytearray()
    current: Block | None = None
    start = offset = 0
    for handler, size in handlers:
        if handler is not current:
            if current is not None:
                _add_entry(table, start, offset, current, offsets)
            start, current = offset, handler
        offset += size
    if current is not None:
        _add_entry(table, start, offset, current, offsets)
    return bytes(table)


def _add_entry(
    table: bytearray, start: int, end: int, handler: Block, offsets: Mapping[Block, int]
) -> None:
    """The depth is that of the stack below what the interpreter pushes for the handler."""
    depth = handler.depth - 1 - handler.keeps_offset
    entry = big_endian_varint(start)
    entry[0] |= _START
    for number in (end - start, offsets[handler], depth << 1 | handler.keeps_offset):
        entry += big_endian_varint(number)
    table.extend(entry)
