"""First step: from a tree to scopes that say how they use each name.

Errors that a single use shows (a parameter named twice, `global` after a use) are reported
here, in the order of the host's own visit: the order decides which one is reported first.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager

from dx_py.frontend.diagnostics.diagnostic import (
    AnyLocated,
    Category,
    Diagnostic,
    Phase,
    span_of,
)
from dx_py.frontend.symbols.mangling import mangle
from dx_py.frontend.symbols.scope import Scope, ScopeKind, Symbol, Use


class Collector:
    """The scopes being filled, innermost last, and what is wrong so far."""

    def __init__(self, root: ast.AST, *, future_annotations: bool) -> None:
        self.module = Scope(ScopeKind.MODULE, "top", 0, 0, nested=False)
        self.stack = [self.module]
        self.class_name: str | None = None
        self.future_annotations = future_annotations
        # How many iterables of comprehensions enclose the place: `:=` may not stand there.
        self.iterable_depth = 0
        self.in_iteration_target = False
        # The code scopes by their nodes, and the scopes of generics' parameters by theirs.
        self.scopes: dict[ast.AST, Scope] = {root: self.module}
        self.type_parameter_scopes: dict[ast.AST, Scope] = {}
        self.diagnostics: list[Diagnostic] = []

    @property
    def scope(self) -> Scope:
        return self.stack[-1]

    def report(self, message: str, node: AnyLocated) -> None:
        self.diagnostics.append(
            Diagnostic(message, span_of(node), Category.SYNTAX_ERROR, Phase.SYMBOLS)
        )

    @contextmanager
    def enter(self, kind: ScopeKind, name: str, node: AnyLocated) -> Iterator[Scope]:
        """A new scope; those of postponed annotations are not kept."""
        outer = self.scope
        nested = outer.nested or outer.kind.is_function_like
        scope = Scope(kind, name, node.lineno, node.col_offset, nested=nested)
        if kind is not ScopeKind.ANNOTATION:
            outer.children.append(scope)
        if kind is ScopeKind.TYPE_PARAMETERS:
            self.type_parameter_scopes[node] = scope
        else:
            self.scopes[node] = scope
        self.stack.append(scope)
        target, self.in_iteration_target = self.in_iteration_target, False
        yield scope
        self.in_iteration_target = target
        self.stack.pop()

    def uses(self, name: str) -> Use:
        return self.scope.uses(mangle(name, self.class_name))

    def add(self, name: str, use: Use, node: AnyLocated) -> None:
        self.add_to(self.scope, name, use, node)

    def add_to(self, scope: Scope, name: str, use: Use, node: AnyLocated) -> None:
        mangled = mangle(name, self.class_name)
        symbol = scope.symbols.get(mangled)
        if (use is Use.READ or use is Use.LOCAL) and not self.in_iteration_target:
            # Nearly all uses; operators of enumerations are slow.
            if symbol is None:
                scope.symbols[mangled] = Symbol(use)
            elif symbol.uses is not use:
                symbol.uses |= use
            return
        if symbol is None:
            symbol = scope.symbols[mangled] = Symbol(Use.NOTHING)
        elif _is_repeated(symbol.uses, use):
            self._report_repetition(name, use, node)
        if self.in_iteration_target:
            use |= self._iteration_use(symbol, name, node)
        symbol.uses |= use
        if use & Use.PARAMETER:
            scope.parameters.append(mangled)
        elif use & Use.GLOBAL:
            self._declare_in_module(mangled)

    def _report_repetition(self, name: str, use: Use, node: AnyLocated) -> None:
        if use & Use.PARAMETER:
            self.report(f"duplicate argument '{name}' in function definition", node)
        else:
            self.report(f"duplicate type parameter '{name}'", node)

    def _iteration_use(self, symbol: Symbol, name: str, node: AnyLocated) -> Use:
        if symbol.uses & (Use.GLOBAL | Use.NONLOCAL):
            self.report(
                f"comprehension inner loop cannot rebind assignment expression target '{name}'",
                node,
            )
        return Use.ITERATION

    def _declare_in_module(self, name: str) -> None:
        """What a function declares global exists in the module, too."""
        self.module.symbols.setdefault(name, Symbol(Use.NOTHING)).uses |= Use.GLOBAL

    def direct(self, name: str, node: ast.stmt | ast.expr) -> None:
        """Remember where the binding of `name` was declared, for errors found later."""
        self.scope.directives.setdefault(mangle(name, self.class_name), node)


def _is_repeated(before: Use, use: Use) -> bool:
    return bool(before & use & (Use.PARAMETER | Use.TYPE_PARAMETER))
