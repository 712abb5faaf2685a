"""SSA functions: basic blocks with block parameters, ops with frame states.

Values, ops and blocks are compared by identity. There are no use lists: a pass collects
replacements in a dict and applies them once (``substitute``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dx_py.ir.opcodes import OPCODES, OpSpec
from dx_py.ir.types import Type

type Attr = int | float | str


class InvalidIRError(Exception):
    """The IR breaks one of its invariants: a defect of DX-Py, never of the user's program."""


@dataclass(eq=False, slots=True)
class Value:
    """The result of an op or a parameter of a block; ``number`` is only for the reader."""

    number: int
    type: Type

    def __str__(self) -> str:
        return f"v{self.number}"


@dataclass(frozen=True, slots=True)
class FrameState:
    """The interpreter's frame at one instruction of one code object.

    ``pc`` counts code units. ``locals`` are the fast locals (None: unbound) and ``stack`` the
    operand stack, bottom first. ``parent`` is the frame state of the caller an inlined frame
    returns to; ``drops_result`` says that the caller does not want the result (``__init__``).
    """

    code: int
    pc: int
    locals: tuple[Value | None, ...]
    stack: tuple[Value, ...]
    parent: FrameState | None = None
    drops_result: bool = False

    def values(self) -> Iterator[Value]:
        """Every value the state needs, innermost frame first, with repetitions."""
        yield from (value for value in self.locals if value is not None)
        yield from self.stack
        if self.parent is not None:
            yield from self.parent.values()

    def map(self, change: Callable[[Value], Value]) -> FrameState:
        return replace(
            self,
            locals=tuple(None if v is None else change(v) for v in self.locals),
            stack=tuple(change(v) for v in self.stack),
            parent=self.parent and self.parent.map(change),
        )


@dataclass(eq=False, slots=True)
class Edge:
    """A successor with the arguments for its parameters."""

    block: Block
    arguments: list[Value]


@dataclass(eq=False, slots=True)
class Op:
    """One operation. ``state`` is present exactly where the opcode needs it.

    ``owned``, set by ``refcount_insertion`` on ops that may leave: the objects native code
    owns there. The frame takes over those in the state; the others are released.
    """

    opcode: str
    operands: list[Value]
    results: tuple[Value, ...] = ()
    attrs: dict[str, Attr] = field(default_factory=dict)
    state: FrameState | None = None
    successors: list[Edge] = field(default_factory=list)
    owned: tuple[Value, ...] = ()

    @property
    def spec(self) -> OpSpec:
        return OPCODES[self.opcode]

    @property
    def stolen(self) -> list[Value]:
        """The operands whose references the op takes over."""
        if self.spec.steals_all:
            return self.operands
        return [self.operands[index] for index in self.spec.steals]

    @property
    def result(self) -> Value:
        """The first result."""
        return self.results[0]

    def text_attr(self, name: str) -> str:
        value = self.attrs[name]
        assert isinstance(value, str)
        return value

    def int_attr(self, name: str) -> int:
        value = self.attrs[name]
        assert isinstance(value, int)
        return value


@dataclass(eq=False, slots=True)
class Block:
    number: int
    parameters: list[Value] = field(default_factory=list)
    ops: list[Op] = field(default_factory=list)

    @property
    def terminator(self) -> Op:
        return self.ops[-1]

    @property
    def successors(self) -> list[Edge]:
        return self.ops[-1].successors if self.ops else []

    def __str__(self) -> str:
        return f"b{self.number}"


@dataclass(eq=False, slots=True)
class Function:
    """A function of blocks; the first is the entry, its parameters are the arguments.

    ``owns_arguments``: they are given away to it, as by a frame whose loop it takes over;
    otherwise its caller holds them.
    """

    name: str
    blocks: list[Block] = field(default_factory=list)
    next_value: int = 0
    next_block: int = 0
    owns_arguments: bool = False

    @property
    def entry(self) -> Block:
        return self.blocks[0]

    def new_value(self, type_: Type) -> Value:
        self.next_value += 1
        return Value(self.next_value - 1, type_)

    def new_block(self) -> Block:
        """A block that the caller places in ``blocks``."""
        self.next_block += 1
        return Block(self.next_block - 1)

    def new_op(
        self,
        opcode: str,
        operands: Sequence[Value] = (),
        *,
        types: Sequence[Type] | None = None,
        state: FrameState | None = None,
        attrs: Mapping[str, Attr] | None = None,
    ) -> Op:
        """An op with fresh results; ``types`` where the table's are too general."""
        spec = OPCODES[opcode]
        if types is None:
            types = [replace(t, cls=spec.cls) if spec.cls else t for t in spec.results]
        results = tuple(self.new_value(t) for t in types)
        return Op(opcode, list(operands), results, dict(attrs or {}), state)

    def ops(self) -> Iterator[Op]:
        for block in self.blocks:
            yield from block.ops


def substitute(function: Function, replacements: Mapping[Value, Value]) -> None:
    """Replace uses, in operands, edges and frame states, following chains of replacements."""
    if not replacements:
        return

    def resolve(value: Value) -> Value:
        while value in replacements:
            value = replacements[value]
        return value

    states: dict[FrameState, FrameState] = {}
    for op in function.ops():
        op.operands = [resolve(value) for value in op.operands]
        for edge in op.successors:
            edge.arguments = [resolve(value) for value in edge.arguments]
        if op.state is not None:
            if op.state not in states:
                states[op.state] = op.state.map(resolve)
            op.state = states[op.state]
