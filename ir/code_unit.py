"""Code-level IR as a compiler makes it: instructions in blocks, before they have offsets.

A `CodeUnit` is what becomes one code object. Its instructions are those of CPython 3.12
(`dx_py.ir.bytecode` reads the same vocabulary from assembled code) and pseudo instructions:

- `JUMP` and `JUMP_NO_INTERRUPT`: jumps whose direction the layout decides;
- `SETUP_FINALLY`, `SETUP_CLEANUP`, `SETUP_WITH` and `POP_BLOCK`: where a handler begins and
  ends to cover instructions; the last two of the three keep the failing instruction's offset;
- `STORE_FAST_MAYBE_NULL`: puts back a variable that may have been unbound.

Arguments are those of the final instruction, except that jumps name a block and that cells and
free variables count from 0, the cells first.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from types import CodeType, EllipsisType
from typing import Final

#: First line, last line, first column, end column as ``co_positions`` gives them; -1: none.
type Span = tuple[int, int, int, int]

NO_SPAN: Final[Span] = (-1, -1, -1, -1)

BLOCK_PUSHES: Final = frozenset({"SETUP_FINALLY", "SETUP_CLEANUP", "SETUP_WITH"})
PSEUDO_JUMPS: Final = frozenset({"JUMP", "JUMP_NO_INTERRUPT"})
CONDITIONAL_JUMPS: Final = frozenset(
    {
        "POP_JUMP_IF_FALSE",
        "POP_JUMP_IF_TRUE",
        "POP_JUMP_IF_NONE",
        "POP_JUMP_IF_NOT_NONE",
        "FOR_ITER",
        "SEND",
    }
)
JUMPS: Final = PSEUDO_JUMPS | CONDITIONAL_JUMPS
#: Instructions that leave the frame.
SCOPE_EXITS: Final = frozenset({"RETURN_VALUE", "RETURN_CONST", "RAISE_VARARGS", "RERAISE"})
#: Instructions after which control does not go on to the next one.
NO_FALL_THROUGH: Final = SCOPE_EXITS | PSEUDO_JUMPS
#: Instructions that end a block.
BLOCK_ENDS: Final = JUMPS | SCOPE_EXITS


@dataclass(slots=True, eq=False)
class Instr:
    """One instruction; ``target`` for jumps and block pushes, ``handler`` once known."""

    opcode: str
    arg: int
    span: Span
    target: Block | None = None
    handler: Block | None = None

    def replace(self, opcode: str, arg: int = 0) -> None:
        """Another instruction at the same place."""
        self.opcode = opcode
        self.arg = arg
        self.target = None

    def copy(self) -> Instr:
        return Instr(self.opcode, self.arg, self.span, self.target, self.handler)


@dataclass(slots=True, eq=False)
class Block:
    """Instructions with one entry; control falls through to the next block in the list.

    Lowering puts a label's instructions in one block, however many jumps are among them; the
    back end's first pass splits it, and from then on jumps and exits stand last.
    """

    instrs: list[Instr] = field(default_factory=list)
    is_handler: bool = False
    #: Whether the handler finds the failing instruction's offset below the exception.
    keeps_offset: bool = False
    #: Its number among the unit's labels, from 1; 0 for blocks that no jump named at first.
    label: int = 0
    is_cold: bool = False
    predecessors: int = 0
    #: Operand stack depth at the entry, once computed.
    depth: int = -1

    @property
    def falls_through(self) -> bool:
        return not self.instrs or self.instrs[-1].opcode not in NO_FALL_THROUGH

    @property
    def exits_scope(self) -> bool:
        return bool(self.instrs) and self.instrs[-1].opcode in SCOPE_EXITS


#: A constant of a unit: a value, or the unit of a nested code object.
type Constant = (
    bool | int | float | complex | str | bytes | tuple[Constant, ...] | frozenset[Constant]
    | EllipsisType | CodeUnit | CodeType | None
)  # fmt: skip


@dataclass(slots=True, eq=False)
class CodeUnit:
    """What becomes one code object; ``blocks`` in layout order, the first is the entry.

    ``variables``, ``cells`` and ``free`` are in the order of their numbers; ``hidden`` are the
    variables that an inlined comprehension has in a frame without fast locals.
    """

    name: str
    qualified_name: str
    first_line: int
    flags: int = 0
    argument_count: int = 0
    positional_only_count: int = 0
    keyword_only_count: int = 0
    parameter_count: int = 0
    blocks: list[Block] = field(default_factory=list)
    constants: list[Constant] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    variables: list[str] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)
    free: list[str] = field(default_factory=list)
    hidden: frozenset[str] = frozenset()


def constant_key(value: object) -> Hashable:
    """Equal for exactly the constants that a code object may hold once.

    0, 0.0 and False are three, as are 0.0 and -0.0, and tuples that differ so inside.
    """
    kind = type(value)
    if kind is str or kind is CodeUnit or kind is CodeType:
        return value
    if isinstance(value, float):
        return kind, value.hex() if value == value else id(value)
    if isinstance(value, complex):
        return kind, constant_key(value.real), constant_key(value.imag)
    if isinstance(value, tuple):
        return kind, tuple(map(constant_key, value))
    if isinstance(value, frozenset):
        return kind, frozenset(map(constant_key, value))
    return kind, value
