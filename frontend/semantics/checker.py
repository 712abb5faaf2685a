"""What the checks know about the place they are at, and where their findings go."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto

from dx_py.frontend.diagnostics.diagnostic import (
    AnyLocated,
    Category,
    Diagnostic,
    Phase,
    span_of,
)
from dx_py.frontend.semantics.future import FutureFeatures
from dx_py.frontend.symbols.analysis import SymbolAnalysis
from dx_py.frontend.symbols.scope import Scope

# The host's frames keep this many blocks at compile time.
MAX_BLOCKS = 20


class UnitKind(Enum):
    """What a piece of code is compiled as."""

    MODULE = auto()
    CLASS = auto()
    FUNCTION = auto()
    ASYNC_FUNCTION = auto()
    LAMBDA = auto()
    COMPREHENSION = auto()
    ANNOTATION = auto()

    @property
    def is_function_like(self) -> bool:
        return self not in (UnitKind.MODULE, UnitKind.CLASS)

    @property
    def may_await(self) -> bool:
        return self in (UnitKind.ASYNC_FUNCTION, UnitKind.COMPREHENSION)


class Block(Enum):
    LOOP = auto()
    EXCEPT_STAR = auto()
    OTHER = auto()


@dataclass(slots=True)
class Unit:
    """The code object that the place belongs to, with the blocks around it, innermost last."""

    kind: UnitKind
    scope: Scope
    blocks: list[Block] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Options:
    """`top_level_await`: as the host's `PyCF_ALLOW_TOP_LEVEL_AWAIT`.

    `optimize` is the level of `-O`: without assertions nothing inside one is looked at.
    """

    top_level_await: bool = False
    future_annotations: bool = False
    optimize: int = 0


class Checker:
    def __init__(
        self, analysis: SymbolAnalysis, future: FutureFeatures, options: Options
    ) -> None:
        self.analysis = analysis
        self.future = future
        self.options = options
        self.units = [Unit(UnitKind.MODULE, analysis.module)]
        self.diagnostics: list[Diagnostic] = []
        self.warnings: dict[ast.AST, list[Diagnostic]] = {}

    @property
    def unit(self) -> Unit:
        return self.units[-1]

    @property
    def awaits_at_top(self) -> bool:
        return self.options.top_level_await and self.unit.kind is UnitKind.MODULE

    def report(self, message: str, node: AnyLocated) -> None:
        self._add(message, node, Category.SYNTAX_ERROR)

    def warn(self, message: str, node: AnyLocated, owner: ast.AST) -> None:
        """``owner`` is the node that the host warns about whenever it compiles it."""
        diagnostic = self._add(message, node, Category.SYNTAX_WARNING)
        self.warnings.setdefault(owner, []).append(diagnostic)

    def _add(self, message: str, node: AnyLocated, category: Category) -> Diagnostic:
        diagnostic = Diagnostic(message, span_of(node), category, Phase.COMPILER)
        self.diagnostics.append(diagnostic)
        return diagnostic

    @contextmanager
    def enter(self, kind: UnitKind, node: ast.AST) -> Iterator[Unit]:
        unit = Unit(kind, self.analysis.scopes[node])
        if unit.scope.is_generator or unit.scope.is_coroutine:
            unit.blocks.append(Block.OTHER)  # turns StopIteration into RuntimeError
        self.units.append(unit)
        yield unit
        self.units.pop()

    @contextmanager
    def inside(self, block: Block, node: AnyLocated) -> Iterator[None]:
        blocks = self.unit.blocks
        if len(blocks) == MAX_BLOCKS:
            self.report("too many statically nested blocks", node)
        blocks.append(block)
        yield
        blocks.pop()

    def check_binding(
        self, name: str | None, node: AnyLocated, verb: str = "assign to"
    ) -> None:
        """`__debug__` is a constant."""
        if name == "__debug__":
            self.report(f"cannot {verb} __debug__", node)
