"""SSA to LLVM text, one module a function. The families of ops are in ``lower_*``.

The function's signature is ``ptr f(ptr ts, ptr func, ptr args)``: the thread state, the
function object, the bound arguments (borrowed); the result is a new reference, or null with
an exception set. Block parameters become phis; guards branch to shared exit blocks at the
end, each one variadic call (``exit_record``).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from dx_py.backend.llvm.exit_record import ExitEncoder
from dx_py.backend.llvm.table import AddressTable
from dx_py.ir.core import Block, FrameState, Function, Op, Value
from dx_py.ir.dominance import reverse_postorder
from dx_py.ir.opcodes import Exit
from dx_py.ir.types import Rep
from dx_py.passes.ownership import virtual_boxes

type Lowering = Callable[["FunctionLowering", Op], None]

_TYPES: Final = {Rep.OBJ: "ptr", Rep.I64: "i64", Rep.F64: "double", Rep.I1: "i1"}

_HEADER: Final = """\
@T = external hidden global [0 x ptr]
declare {i64, i1} @llvm.sadd.with.overflow.i64(i64, i64)
declare {i64, i1} @llvm.ssub.with.overflow.i64(i64, i64)
declare {i64, i1} @llvm.smul.with.overflow.i64(i64, i64)
declare i32 @llvm.uadd.sat.i32(i32, i32)
declare double @llvm.fabs.f64(double)
declare double @llvm.sqrt.f64(double)
"""
_FOOTER: Final = """\
!0 = !{}
!1 = !{!"branch_weights", i32 2000, i32 1}
"""


class NoLoweringError(Exception):
    """An op that machine code has no form for: the function stays interpreted."""


@dataclass(frozen=True, slots=True)
class GuardSite:
    """What a guard's number stands for: where the check was."""

    opcode: str
    routine: int
    pc: int


@dataclass(frozen=True, slots=True)
class LoweredFunction:
    text: str
    table: tuple[str, ...]
    guards: tuple[GuardSite, ...]


type _ExitKey = tuple[FrameState, tuple[Value, ...], Exit]


@dataclass(slots=True)
class _SharedExit:
    label: str
    #: Predecessor labels with the number of the guard that failed there.
    sources: list[tuple[str, int]] = field(default_factory=list)


def lower_function(
    function: Function,
    layout: Mapping[str, int],
    lowerings: Mapping[str, Lowering],
    *,
    stress: bool = False,
) -> LoweredFunction:
    """Raises NoLoweringError. ``layout``: offsets of the host's structs by name.

    ``stress``: every guard also fails when the core's seeded generator says so, for tests.
    """
    lowering = FunctionLowering(function, layout, lowerings)
    lowering.stress = stress
    return lowering.lower()


class FunctionLowering:
    """The state of one function's lowering; families emit through it."""

    def __init__(
        self, function: Function, layout: Mapping[str, int], lowerings: Mapping[str, Lowering]
    ) -> None:
        self.function = function
        self.stress = False
        self.layout = layout
        self.lowerings = lowerings
        self.table = AddressTable()
        self.definitions = {value: op for op in function.ops() for value in op.results}
        self.virtual = virtual_boxes(function)
        self.encoder = ExitEncoder(self.table, self.definitions, self.virtual)
        self.names: dict[Value, str] = {}
        self.lines: list[str] = []
        self.slots: dict[str, int] = {}
        self.cold: list[str] = []
        self.counter = 0
        self.label = ""
        self.edges: dict[Block, list[tuple[str, list[Value]]]] = {}
        self.exits: dict[_ExitKey, _SharedExit] = {}
        self.guards: list[GuardSite] = []
        self.records = bytearray()

    def lower(self) -> LoweredFunction:
        bodies = [(block, self._block(block)) for block in reverse_postorder(self.function)]
        lines = [_HEADER, "define ptr @f(ptr %ts, ptr %func, ptr %args) nounwind {"]
        for block, body in bodies:
            entry = [*self._stack()] if block is self.function.entry else []
            lines += [f"{block}:", *entry, *self._phis(block), *body]
        lines += [*self.cold, *self._exit_blocks(), "}", self._records(), _FOOTER]
        return LoweredFunction("\n".join(lines), tuple(self.table.names), tuple(self.guards))

    # Blocks.

    def _block(self, block: Block) -> list[str]:
        self.lines, self.label = [], str(block)
        if block is self.function.entry:
            self._arguments(block)
        else:
            self.names.update((p, f"%v{p.number}") for p in block.parameters)
        for op in block.ops:
            self._op(op)
        return self.lines

    def _arguments(self, block: Block) -> None:
        for index, parameter in enumerate(block.parameters):
            name = self.load("ptr", "%args", 8 * index)
            self.names[parameter] = name

    def _op(self, op: Op) -> None:
        if op.results and op.result in self.virtual:
            return
        lowering = self.lowerings.get(op.opcode)
        if lowering is None:
            raise NoLoweringError(f"no machine form of '{op.opcode}'")
        lowering(self, op)
        for edge in op.successors:
            self.edges.setdefault(edge.block, []).append((self.label, edge.arguments))

    def _phis(self, block: Block) -> Iterator[str]:
        if block is self.function.entry:
            return
        for index, parameter in enumerate(block.parameters):
            sources = ", ".join(
                f"[ {self.name(arguments[index])}, %{label} ]"
                for label, arguments in self.edges[block]
            )
            yield f"  %v{parameter.number} = phi {self.type(parameter)} {sources}"

    # Text.

    def name(self, value: Value) -> str:
        return self.names[value]

    def type(self, value: Value) -> str:
        return _TYPES[value.type.rep]

    def fresh(self, prefix: str = "t") -> str:
        self.counter += 1
        return f"{prefix}{self.counter}"

    def line(self, text: str) -> None:
        self.lines.append("  " + text)

    def emit(self, text: str) -> str:
        """An instruction with a result; gives its name."""
        name = "%" + self.fresh()
        self.lines.append(f"  {name} = {text}")
        return name

    def define(self, value: Value, name: str) -> None:
        self.names[value] = name

    def open(self, label: str) -> None:
        self.lines.append(f"{label}:")
        self.label = label

    def load(self, type_: str, pointer: str, offset: int, extra: str = "") -> str:
        return self.emit(f"load {type_}, ptr {self.address(pointer, offset)}{extra}")

    def store(self, type_: str, value: str, pointer: str, offset: int) -> None:
        self.line(f"store {type_} {value}, ptr {self.address(pointer, offset)}")

    def address(self, pointer: str, offset: int) -> str:
        return (
            self.emit(f"getelementptr i8, ptr {pointer}, i64 {offset}") if offset else pointer
        )

    def row(self, name: str) -> str:
        """An address from the table. Read at each use: the compare or call folds the load."""
        offset = 8 * self.table.row(name)
        return self.emit(
            f"load ptr, ptr getelementptr (i8, ptr @T, i64 {offset}), !invariant.load !0"
        )

    def stack_slots(self, count: int, name: str) -> str:
        """Room for pointers in the native frame; of each name there is one, for all uses."""
        self.slots[name] = max(self.slots.get(name, 1), count)
        return f"%{name}"

    def shadow(self, state: FrameState) -> str:
        """The shadow record, filled with what the state's frames are built from."""
        record, passed = self.encoder.encode(state, ())
        offset = len(self.records)
        self.records += record
        base = self.layout["shadow.values"]
        name = self.stack_slots(base // 8 + len(passed), "shadow")
        place = f"getelementptr (i8, ptr @R, i64 {offset})"
        self.store("ptr", place, name, self.layout["shadow.record"])
        for index, value in enumerate(passed):
            type_, text = self.type(value), self.name(value)
            if value.type.rep is Rep.I1:
                type_, text = "i64", self.emit(f"zext i1 {text} to i64")
            self.store(type_, text, name, base + 8 * index)
        return name

    def _stack(self) -> Iterator[str]:
        """The entry's first lines: room on the stack, and what never changes in it."""
        for name, count in self.slots.items():
            yield f"  %{name} = alloca [{count} x ptr]"
        if "shadow" in self.slots:
            for field_, value in (("table", "@T"), ("func", "%func")):
                offset = self.layout[f"shadow.{field_}"]
                yield f"  %shadow.{field_} = getelementptr i8, ptr %shadow, i64 {offset}"
                yield f"  store ptr {value}, ptr %shadow.{field_}"

    def call(self, helper: str, result: str, *arguments: str) -> str:
        callee = self.row(f"helper:{helper}")
        text = f"call {result} {callee}({', '.join(arguments)})"
        if result == "void":
            self.line(text)
            return ""
        return self.emit(text)

    # Exits.

    def guard(self, condition: str, op: Op, *, repeatable: bool = True) -> None:
        """Go on if the condition holds; otherwise leave as ``op``'s state says.

        ``repeatable``: nothing has been done yet that the interpreter would do again.
        """
        if self.stress and repeatable and op.spec.exit is Exit.GUARD:
            kept = self.emit(f"icmp eq i32 {self.call('dx_stress', 'i32')}, 0")
            condition = self.emit(f"and i1 {condition}, {kept}")
        following = self.fresh("n")
        exit_label = self.exit_label(op)
        self.line(f"br i1 {condition}, label %{following}, label %{exit_label}, !prof !1")
        self.open(following)

    def exit_label(self, op: Op) -> str:
        """The shared exit block for ``op``; the current block becomes a predecessor."""
        assert op.state is not None
        key = (op.state, op.owned, op.spec.exit)
        shared = self.exits.setdefault(key, _SharedExit(f"x{len(self.exits)}"))
        shared.sources.append((self.label, len(self.guards)))
        self.guards.append(GuardSite(op.opcode, op.state.code, op.state.pc))
        return shared.label

    def live_values(self, state: FrameState, owned: tuple[Value, ...]) -> tuple[str, str]:
        """The record's address, and the arguments to pass with it (each after a comma)."""
        record, passed = self.encoder.encode(state, owned)
        offset = len(self.records)
        self.records += record
        arguments = "".join(f", {self._variadic(value)}" for value in passed)
        return f"getelementptr (i8, ptr @R, i64 {offset})", arguments

    def _variadic(self, value: Value) -> str:
        """C passes nothing smaller than an int in a variadic call."""
        if value.type.rep is not Rep.I1:
            return f"{self.type(value)} {self.name(value)}"
        name = self.name(value)
        if name in ("0", "1"):
            return f"i32 {name}"
        return f"i32 {self.emit(f'zext i1 {name} to i32')}"

    def _exit_blocks(self) -> list[str]:
        lines: list[str] = []
        for (state, owned, kind), shared in self.exits.items():
            self.lines = []
            self.open(shared.label)
            sources = ", ".join(f"[ {number}, %{label} ]" for label, number in shared.sources)
            number = self.emit(f"phi i32 {sources}")
            record, arguments = self.live_values(state, owned)
            helper = self.row(f"helper:dx_{'leave' if kind is Exit.GUARD else 'raise'}")
            result = self.emit(
                f"call ptr (ptr, ptr, ptr, ptr, i32, ...) {helper}"
                f"(ptr %ts, ptr @T, ptr %func, ptr {record}, i32 {number}{arguments})"
            )
            self.line(f"ret ptr {result}")
            lines += self.lines
        return lines

    def _records(self) -> str:
        text = "".join(f"\\{byte:02x}" for byte in self.records)
        return f'@R = private unnamed_addr constant [{len(self.records)} x i8] c"{text}"'


def float_literal(value: float) -> str:
    """A double as LLVM writes it exactly: its bits."""
    return f"0x{struct.unpack('<Q', struct.pack('<d', value))[0]:016X}"
