"""Exits as compact records, decoded in C by ``runtime_support/native/dx_exit.c``.

An exit in machine code is one variadic call with the live values; how to rebuild the
interpreter's frames of them is in the record:

    frames     count, then for each, outermost first:
               row of the code object, row of the function (0: the running one), pc, 1 if its
               result is dropped, count of slots, slots
    drops      count, slots: what native code owns and the frames do not take over

All numbers are unsigned LEB128. A slot is its kind, and for a constant its row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum

from dx_py.backend.llvm.table import AddressTable
from dx_py.ir.core import FrameState, Op, Value


class Slot(IntEnum):
    """How a slot's object comes about; the order is known to ``dx_exit.c``."""

    NULL = 0
    #: A reference the frame takes over.
    OWNED = 1
    #: A reference the frame adds its own to; may be null.
    BORROWED = 2
    I64 = 3
    F64 = 4
    I1 = 5
    #: A row of the address table follows.
    CONSTANT = 6
    #: A number and whether it is there.
    MAYBE_I64 = 7
    MAYBE_F64 = 8


_BOX_SLOTS = {
    "box.i64": Slot.I64,
    "box.f64": Slot.F64,
    "box.i1": Slot.I1,
    "box.maybe_i64": Slot.MAYBE_I64,
    "box.maybe_f64": Slot.MAYBE_F64,
}


@dataclass(slots=True)
class ExitEncoder:
    """Encodes frame states; ``definitions`` are the ops of values, ``roots`` see ownership."""

    table: AddressTable
    definitions: Mapping[Value, Op]
    virtual: frozenset[Value]

    def encode(self, state: FrameState, owned: Iterable[Value]) -> tuple[bytes, list[Value]]:
        """The record, and the values to pass, in order."""
        data, passed = bytearray(), list[Value]()
        remaining = dict.fromkeys(map(self.root, owned))
        frames = [*_outermost_first(state)]
        data += _number(len(frames))
        for frame in frames:
            slots = [*frame.locals, *frame.stack]
            function = self.table.row(f"func:{frame.code}") if frame.code else 0
            code = self.table.row(f"code:{frame.code}")
            head = (code, function, frame.pc, int(frame.drops_result))
            for number in (*head, len(slots)):
                data += _number(number)
            for value in slots:
                data += self._slot(value, remaining, passed)
        data += _number(len(remaining))
        for root in [*remaining]:
            data += self._slot(root, remaining, passed)
        return bytes(data), passed

    def root(self, value: Value) -> Value:
        op = self.definitions.get(value)
        while op is not None and op.spec.ownership.value == "alias":
            value = op.operands[0]
            op = self.definitions.get(value)
        return value

    def _slot(
        self, value: Value | None, remaining: dict[Value, None], passed: list[Value]
    ) -> bytes:
        if value is None:
            return bytes([Slot.NULL])
        op = self.definitions.get(value)
        if op is not None and op.opcode == "const.null":
            return bytes([Slot.NULL])
        if op is not None and "slot" in op.attrs:
            return bytes([Slot.CONSTANT]) + _number(self.table.row(op.text_attr("slot")))
        if op is not None and (value in self.virtual or op.opcode == "box.i1"):
            passed.extend(op.operands)
            return bytes([_BOX_SLOTS[op.opcode]])
        passed.append(value)
        root = self.root(value)
        if root in remaining:
            del remaining[root]
            return bytes([Slot.OWNED])
        return bytes([Slot.BORROWED])


def _outermost_first(state: FrameState) -> Iterator[FrameState]:
    if state.parent is not None:
        yield from _outermost_first(state.parent)
    yield state


def _number(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*encoded, value])
