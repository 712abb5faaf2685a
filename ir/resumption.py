"""Go on in the host's interpreter at any instruction, with given locals and operand stack.

    (function, pc, locals, stack)  ->  a function without arguments, which runs the rest

Its code is the function's own behind a prologue that puts the values where they belong and
jumps to ``pc``; or raises an exception that the handlers around ``pc`` then see.
"""

from __future__ import annotations

import opcode
from collections.abc import Iterator, Sequence
from types import CodeType, FunctionType
from typing import Final

_PAIR: Final = 2
#: Location code "none" of a line table's entry, for up to eight units (Objects/locations.md).
_NO_LOCATION: Final = 0x80 | 15 << 3
_LONGEST_ENTRY: Final = 8


class _Null:
    """No object: an unbound local, or the place of a method's self."""

    def __repr__(self) -> str:
        return "NULL"


NULL: Final = _Null()


def resume(
    function: FunctionType,
    pc: int,
    local_values: Sequence[object],
    stack: Sequence[object],
    *,
    error: BaseException | None = None,
) -> object:
    """The function's result from the instruction at ``pc`` on; with ``error``, which that
    instruction is to raise."""
    code = function.__code__
    # In a list, which no code object looks into or replaces.
    given = [*local_values, *stack, error]
    words = [*_prologue(code, given, len(local_values), raises=error is not None)]
    if error is None:
        # Counted from behind the jump, where the function's own code begins.
        words += _instruction("JUMP_FORWARD", pc)
    prologue = bytes(words)
    rest = code.replace(
        co_code=prologue + code.co_code,
        co_consts=(*code.co_consts, given, *range(len(given))),
        co_argcount=0,
        co_posonlyargcount=0,
        co_kwonlyargcount=0,
        co_flags=code.co_flags & ~0x0C,
        co_stacksize=code.co_stacksize + 3,
        co_linetable=_line_table(code, len(prologue) // _PAIR),
        co_exceptiontable=_exception_table(code, len(prologue) // _PAIR, pc),
    )
    resumed = FunctionType(rest, function.__globals__, code.co_name, (), function.__closure__)
    return resumed()


def _prologue(
    code: CodeType, given: Sequence[object], local_count: int, *, raises: bool
) -> Iterator[int]:
    if code.co_freevars:
        yield from _instruction("COPY_FREE_VARS", len(code.co_freevars))
    yield from _instruction("RESUME", 0)
    holder = len(code.co_consts)
    for index, value in enumerate(given[:-1]):
        if value is NULL:
            if index >= local_count:
                yield from _instruction("PUSH_NULL", 0)
            continue
        yield from _load(holder, index)
        if index < local_count:
            yield from _instruction("STORE_FAST", index)
    if raises:
        yield from _load(holder, len(given) - 1)
        yield from _instruction("RAISE_VARARGS", 1)


def _load(holder: int, index: int) -> Iterator[int]:
    yield from _instruction("LOAD_CONST", holder)
    yield from _instruction("LOAD_CONST", holder + 1 + index)
    yield from _instruction("BINARY_SUBSCR", 0)
    # Its cache.
    yield from (0, 0)


def _instruction(name: str, arg: int) -> Iterator[int]:
    for shift in (24, 16, 8):
        if arg >> shift:
            yield from (opcode.opmap["EXTENDED_ARG"], arg >> shift & 0xFF)
    yield from (opcode.opmap[name], arg & 0xFF)


def _line_table(code: CodeType, units: int) -> bytes:
    """No lines for the prologue, then what there was."""
    full, rest = divmod(units, _LONGEST_ENTRY)
    entries = [_NO_LOCATION | (_LONGEST_ENTRY - 1)] * full
    return bytes(entries + [_NO_LOCATION | (rest - 1)] * (rest > 0)) + code.co_linetable


def _exception_table(code: CodeType, units: int, pc: int) -> bytes:
    """The handlers moved; and that of ``pc`` for the prologue's last instruction, too."""
    entries = [*_read_entries(code.co_exceptiontable)]
    covering = [entry for entry in entries if entry[0] <= pc < entry[0] + entry[1]]
    moved = [(units - 1, 1, target + units, depth) for _, _, target, depth in covering]
    moved += [(first + units, size, target + units, d) for first, size, target, d in entries]
    return b"".join(map(_entry, moved))


def _read_entries(table: bytes) -> Iterator[tuple[int, int, int, int]]:
    """(start, length, target, depth and flag), in units (Objects/exception_handling_notes)."""
    numbers, value = [], 0
    for byte in table:
        value = value << 6 | byte & 0x3F
        if not byte & 0x40:
            numbers.append(value)
            value = 0
    for index in range(0, len(numbers), 4):
        start, length, target, depth = numbers[index : index + 4]
        yield start, length, target, depth


def _entry(numbers: tuple[int, int, int, int]) -> bytes:
    data = bytearray()
    for number in numbers:
        digits = [number & 0x3F]
        while number := number >> 6:
            digits.append(number & 0x3F | 0x40)
        data += bytes(reversed(digits))
    data[0] |= 0x80
    return bytes(data)
