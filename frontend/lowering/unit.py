"""The code object being lowered: its tables, its instructions, and where it stands."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from operator import attrgetter
from typing import Any

from dx_py.frontend.lowering.frame_block import FrameBlock
from dx_py.frontend.lowering.reporting import Announcer
from dx_py.frontend.symbols.analysis import SymbolAnalysis
from dx_py.frontend.symbols.mangling import mangle
from dx_py.frontend.symbols.scope import Binding, Scope, ScopeKind, Use
from dx_py.ir.code_unit import Block, CodeUnit, Constant, Instr, Span, constant_key

type Visitor = Callable[[Unit, Any], None]

span_of: Callable[[ast.AST], Span] = attrgetter(
    "lineno", "end_lineno", "col_offset", "end_col_offset"
)


class UnitKind(Enum):
    """What a unit is made of; decides qualified names and what a class body may do."""

    MODULE = auto()
    CLASS = auto()
    FUNCTION = auto()
    ASYNC_FUNCTION = auto()
    LAMBDA = auto()
    COMPREHENSION = auto()
    TYPE_PARAMETERS = auto()


@dataclass(frozen=True, slots=True)
class Program:
    """What all units of one compilation share.

    ``flags`` are the code flags that every unit has, those of `from __future__`;
    ``is_interactive`` prints expression statements, as a prompt does.
    """

    visitors: Mapping[type[ast.AST], Visitor]
    symbols: SymbolAnalysis
    optimize: int
    flags: int
    future_annotations: bool
    is_interactive: bool
    top_level_await: bool
    announcer: Announcer | None


class Unit:
    """Emits instructions into blocks; a label is the block that is placed there."""

    def __init__(
        self,
        program: Program,
        kind: UnitKind,
        scope: Scope,
        code: CodeUnit,
        parent: Unit | None,
    ) -> None:
        self.program = program
        self.visitors = program.visitors
        self.kind = kind
        self.scope = scope
        self.code = code
        self.parent = parent
        self.class_name: str | None = None if parent is None else parent.class_name
        self.is_function_like = scope.kind.is_function_like
        self.bindings = {name: symbol.binding for name, symbol in scope.symbols.items()}
        self.variables = {name: i for i, name in enumerate(dict.fromkeys(scope.parameters))}
        self.cells, self.free = _closure_names(scope)
        self.names: dict[str, int] = {}
        self.constants: dict[object, int] = {}
        #: Variables in fast slots of a frame that has none of its own: true while in use.
        self.hidden: dict[str, bool] = {}
        self.inlined_depth = 0
        self.frame_blocks: list[FrameBlock] = []
        self.instrs: list[Instr] = []
        self.label_count = 0
        self.place(Block())

    # Instructions

    def emit(self, opcode: str, arg: int, span: Span) -> None:
        self.instrs.append(Instr(opcode, arg, span))

    def jump(self, opcode: str, target: Block, span: Span) -> None:
        """A jump, or a block push whose handler is ``target``.

        Until distances are known the argument is the label's number: a large one makes the
        instruction long, and the host keeps some of these long.
        """
        self.instrs.append(Instr(opcode, target.label, span, target))

    def label(self) -> Block:
        """A block to be placed; labels count in the order in which they are asked for."""
        self.label_count += 1
        return Block(label=self.label_count)

    def labels(self, count: int) -> list[Block]:
        return [self.label() for _ in range(count)]

    def place(self, label: Block) -> None:
        """What follows is where ``label`` stands."""
        self.code.blocks.append(label)
        self.instrs = label.instrs

    def load_constant(self, value: Constant, span: Span) -> None:
        self.instrs.append(Instr("LOAD_CONST", self.constant(value), span))

    def emit_named(self, opcode: str, name: str, span: Span) -> None:
        """An instruction about a name of the unit's table, private names mangled."""
        if name.startswith("__"):
            name = mangle(name, self.class_name)
        names = self.names
        self.instrs.append(Instr(opcode, names.setdefault(name, len(names)), span))

    # Nodes

    def visit(self, node: ast.AST) -> None:
        self.visitors[type(node)](self, node)

    def announce(self, node: ast.AST) -> None:
        """Give the warnings about a node that is not visited itself."""
        if self.program.announcer is not None:
            self.program.announcer.announce(node)

    def visit_all(self, nodes: Iterable[ast.AST]) -> None:
        visitors = self.visitors
        for node in nodes:
            visitors[type(node)](self, node)

    # Tables

    def constant(self, value: Constant) -> int:
        constants = self.constants
        index = constants.setdefault(constant_key(value), len(constants))
        if index == len(self.code.constants):
            self.code.constants.append(value)
        return index

    def name(self, mangled: str) -> int:
        return self.names.setdefault(mangled, len(self.names))

    def variable(self, mangled: str) -> int:
        return self.variables.setdefault(mangled, len(self.variables))

    def closure_index(self, name: str, binding: Binding) -> int:
        """Of a cell or a free variable, cells first."""
        return self.cells[name] if binding is Binding.CELL else self.free[name]

    # Nested units

    def child(
        self, kind: UnitKind, scope: Scope, name: str, first_line: int, *, resume: bool = True
    ) -> Unit:
        """A unit inside this one, its first instruction emitted."""
        code = CodeUnit(name, self._qualified(kind, name), first_line)
        unit = Unit(self.program, kind, scope, code, self)
        if resume:
            unit.emit("RESUME", 0, (first_line, first_line, 0, 0))
        return unit

    def finish(self) -> CodeUnit:
        """The unit, complete but for optimisation; nothing may be emitted after it."""
        code = self.code
        code.flags = _flags(self)
        code.parameter_count = len(self.scope.parameters)
        code.names = list(self.names)
        code.variables = list(self.variables)
        code.cells = list(self.cells)
        code.free = list(self.free)
        code.hidden = frozenset(self.hidden)
        return code

    def _qualified(self, kind: UnitKind, name: str) -> str:
        """The name behind those of the enclosing functions and classes."""
        outer: Unit | None = self
        if self.kind is UnitKind.TYPE_PARAMETERS:
            outer = self.parent
        if outer is None or outer.kind is UnitKind.MODULE:
            return name
        if kind in _NAMED_KINDS:
            mangled = mangle(name, outer.class_name)
            if outer.bindings.get(mangled) is Binding.GLOBAL_EXPLICIT:
                return name
        base = outer.code.qualified_name
        return f"{base}.<locals>.{name}" if outer.kind in _WITH_LOCALS else f"{base}.{name}"


# Plain integers: operators of enumerations are slow.
_INLINED_CELL, _FREE_IN_CLASS = int(Use.INLINED_CELL), int(Use.FREE_IN_CLASS)
_NAMED_KINDS = (UnitKind.FUNCTION, UnitKind.ASYNC_FUNCTION, UnitKind.CLASS)
_WITH_LOCALS = (UnitKind.FUNCTION, UnitKind.ASYNC_FUNCTION, UnitKind.LAMBDA)


def _closure_names(scope: Scope) -> tuple[dict[str, int], dict[str, int]]:
    """Numbers of the cells and, after them, of the free variables, each in name order."""
    symbols = scope.symbols
    cells = sorted(
        name
        for name, symbol in symbols.items()
        if symbol.binding is Binding.CELL or int(symbol.uses) & _INLINED_CELL
    )
    if scope.needs_class_cell:
        cells.append("__class__")
    if scope.needs_class_dict:
        cells.append("__classdict__")
    free = sorted(
        name
        for name, symbol in symbols.items()
        if symbol.binding is Binding.FREE or int(symbol.uses) & _FREE_IN_CLASS
    )
    numbers = {name: i for i, name in enumerate(cells)}
    return numbers, {name: i for i, name in enumerate(free, len(numbers))}


_OPTIMIZED, _NEW_LOCALS, _NESTED = 0x1, 0x2, 0x10
_GENERATOR, _COROUTINE, _ASYNC_GENERATOR = 0x20, 0x80, 0x200


def _flags(unit: Unit) -> int:
    """``co_flags``, but for those that the signature decides."""
    scope, flags = unit.scope, unit.code.flags | unit.program.flags
    if unit.is_function_like:
        flags |= _OPTIMIZED | _NEW_LOCALS
        if scope.nested:
            flags |= _NESTED
        if scope.is_generator:
            flags |= _ASYNC_GENERATOR if scope.is_coroutine else _GENERATOR
        elif scope.is_coroutine:
            flags |= _COROUTINE
    elif _awaits_at_top(unit):
        flags |= _COROUTINE
    return flags


def _awaits_at_top(unit: Unit) -> bool:
    is_module = unit.scope.kind is ScopeKind.MODULE
    return unit.program.top_level_await and is_module and unit.scope.is_coroutine
