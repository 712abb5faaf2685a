"""Scopes and symbols, as `symtable` shows them.

A scope is filled in two steps: the collector notes how each name is used in the scope's own
text, the resolver decides where the name lives. Numbers of flags, bindings and kinds are those
of the host's `_symtable`, so that tables can be compared bit by bit.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag


class Use(IntFlag):
    """How a scope uses a name."""

    NOTHING = 0
    GLOBAL = 1  # named in a `global` statement
    LOCAL = 2  # assigned
    PARAMETER = 4
    NONLOCAL = 8  # named in a `nonlocal` statement
    READ = 16
    FREE_IN_CLASS = 64  # bound in a class body, and free in one of its methods
    IMPORT = 128
    ANNOTATED = 256
    ITERATION = 512  # target of a comprehension's `for`
    TYPE_PARAMETER = 1024
    INLINED_CELL = 2048  # a cell because of a comprehension that was inlined


BOUND = Use.LOCAL | Use.PARAMETER | Use.IMPORT | Use.TYPE_PARAMETER


class Binding(IntEnum):
    """Where a name lives."""

    UNRESOLVED = 0
    LOCAL = 1
    GLOBAL_EXPLICIT = 2
    GLOBAL_IMPLICIT = 3
    FREE = 4
    CELL = 5


class ScopeKind(IntEnum):
    FUNCTION = 0
    CLASS = 1
    MODULE = 2
    ANNOTATION = 3
    TYPE_VAR_BOUND = 4
    TYPE_ALIAS = 5
    TYPE_PARAMETERS = 6

    @property
    def is_function_like(self) -> bool:
        """Whether names of the scope are visible in scopes nested in it."""
        return self not in (ScopeKind.CLASS, ScopeKind.MODULE, ScopeKind.ANNOTATION)


class Comprehension(IntEnum):
    """Which comprehension a function scope stands for."""

    NONE = 0
    LIST = 1
    DICT = 2
    SET = 3
    GENERATOR = 4


@dataclass(slots=True)
class Symbol:
    uses: Use
    binding: Binding = Binding.UNRESOLVED


@dataclass(slots=True, eq=False)
class Scope:
    """One namespace, at the place of its node; compared by identity.

    `symbols` is in order of first use. `children` are in order of the text; a comprehension
    that the compiler inlines (PEP 709) is replaced there by its own children, once resolved.
    """

    kind: ScopeKind
    name: str
    line: int
    column: int
    nested: bool
    sees_class: bool = False  # an annotation scope (PEP 695) directly in a class body
    comprehension: Comprehension = Comprehension.NONE
    is_generator: bool = False
    is_coroutine: bool = False
    symbols: dict[str, Symbol] = field(default_factory=dict)
    parameters: list[str] = field(default_factory=list)
    children: list[Scope] = field(default_factory=list)
    # Statements and names that `global` and `nonlocal` errors point at.
    directives: dict[str, ast.stmt | ast.expr] = field(default_factory=dict)
    has_free: bool = False  # it, or a scope in it, reads a name of an enclosing function
    needs_class_cell: bool = False  # a method reads `__class__` or calls `super`
    needs_class_dict: bool = False  # an annotation scope reads the class namespace

    def uses(self, name: str) -> Use:
        symbol = self.symbols.get(name)
        return Use.NOTHING if symbol is None else symbol.uses
