"""Second step: where each name of a scope lives.

Example. In

    def outer():
        x = 1
        def inner(): return x + y

`x` is free in `inner`, hence a cell in `outer`; `y` is bound nowhere around, hence global.

A function's names are visible in the scopes nested in it, a class body's are not. List, set and
dict comprehensions are inlined (PEP 709): their names move into the scope around them.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field

from dx_py.frontend.diagnostics.diagnostic import Category, Diagnostic, Phase, span_of
from dx_py.frontend.symbols.inlining import inline_comprehension, is_inlined
from dx_py.frontend.symbols.scope import BOUND, Binding, Scope, ScopeKind, Symbol, Use

# Plain integers: operators of enumerations are slow.
_GLOBAL, _NONLOCAL, _BOUND = int(Use.GLOBAL), int(Use.NONLOCAL), int(BOUND)


@dataclass(slots=True)
class Visible:
    """What a scope finds around it.

    `bound` is None in the module, where `nonlocal` has nothing to name; `class_scope` is the
    class whose namespace an annotation scope reads first.
    """

    bound: set[str] | None
    declared_global: set[str]
    type_parameters: set[str]
    class_scope: Scope | None

    def copy(self, class_scope: Scope | None) -> Visible:
        bound = None if self.bound is None else set(self.bound)
        return Visible(bound, set(self.declared_global), set(self.type_parameters), class_scope)


@dataclass(slots=True)
class Resolver:
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def resolve(self, module: Scope) -> None:
        """Depth first, on a stack of its own: scopes nest as deep as the text does."""
        stack = [self._resolve_scope(module, Visible(None, set(), set(), None))]
        result: set[str] | None = None
        while stack:
            try:
                step = next(stack[-1]) if result is None else stack[-1].send(result)
            except StopIteration as end:
                stack.pop()
                result = end.value
            else:
                stack.append(self._resolve_scope(*step))
                result = None

    def _resolve_scope(
        self, scope: Scope, around: Visible
    ) -> Generator[tuple[Scope, Visible], set[str], set[str]]:
        """Returns the names that are free in the scope or below; `around` is its own copy."""
        local: set[str] = set()
        free: set[str] = set()
        inside = _visible_inside_class(around) if scope.kind is ScopeKind.CLASS else None
        for name in scope.symbols:
            self._resolve_name(scope, name, around, local, free)
        if inside is None:
            inside = _visible_inside(scope, around, local)
        below: set[str] = set()
        cells: set[str] = set()
        inlined: list[Scope] = []
        for child in scope.children:
            class_scope = _class_seen_by(child, scope, around)
            child_free = yield child, inside.copy(class_scope)
            if is_inlined(child, scope):
                inlined.append(child)
                inline_comprehension(scope, child, child_free, cells)
            below |= child_free
            scope.has_free = scope.has_free or child.has_free
        _splice(scope, inlined)
        _bind_here(scope, below, cells)
        _note_free_below(scope, below, around, cells)
        return free | below

    def _resolve_name(
        self, scope: Scope, name: str, around: Visible, local: set[str], free: set[str]
    ) -> None:
        symbol = scope.symbols[name]
        uses = int(symbol.uses)
        if uses & _GLOBAL:
            if uses & _NONLOCAL:
                self._report(scope, name, f"name '{name}' is nonlocal and global")
            symbol.binding = Binding.GLOBAL_EXPLICIT
            around.declared_global.add(name)
            if around.bound is not None:
                around.bound.discard(name)
        elif uses & _NONLOCAL:
            self._check_nonlocal(scope, name, around)
            _set_free(scope, symbol, name, free)
        elif uses & _BOUND:
            symbol.binding = Binding.LOCAL
            local.add(name)
            around.declared_global.discard(name)
            _note_type_parameter(name, symbol.uses, around)
        else:
            _resolve_read(scope, name, around, free)

    def _check_nonlocal(self, scope: Scope, name: str, around: Visible) -> None:
        if around.bound is None:
            self._report(scope, name, "nonlocal declaration not allowed at module level")
        elif name not in around.bound:
            self._report(scope, name, f"no binding for nonlocal '{name}' found")
        elif name in around.type_parameters:
            message = f"nonlocal binding not allowed for type parameter '{name}'"
            self._report(scope, name, message)

    def _report(self, scope: Scope, name: str, message: str) -> None:
        span = span_of(scope.directives[name])
        self.diagnostics.append(Diagnostic(message, span, Category.SYNTAX_ERROR, Phase.SYMBOLS))


def _resolve_read(scope: Scope, name: str, around: Visible, free: set[str]) -> None:
    """A name that the scope only reads."""
    symbol = scope.symbols[name]
    if around.class_scope is not None:
        in_class = around.class_scope.uses(name)
        if in_class & Use.GLOBAL:
            symbol.binding = Binding.GLOBAL_EXPLICIT
            return
        if in_class & BOUND and not in_class & Use.NONLOCAL:
            # The class namespace comes first, then the globals: functions around are passed by.
            symbol.binding = Binding.GLOBAL_IMPLICIT
            return
    if around.bound is not None and name in around.bound:
        _set_free(scope, symbol, name, free)
        return
    symbol.binding = Binding.GLOBAL_IMPLICIT
    if name not in around.declared_global and scope.nested:
        scope.has_free = True


def _set_free(scope: Scope, symbol: Symbol, name: str, free: set[str]) -> None:
    symbol.binding = Binding.FREE
    scope.has_free = True
    free.add(name)


def _note_type_parameter(name: str, uses: Use, around: Visible) -> None:
    if uses & Use.TYPE_PARAMETER:
        around.type_parameters.add(name)
    else:
        around.type_parameters.discard(name)


def _visible_inside_class(around: Visible) -> Visible:
    """What methods see: the functions around the class, and the two names it provides."""
    inside = around.copy(None)
    inside.bound = (inside.bound or set()) | {"__class__", "__classdict__"}
    return inside


def _visible_inside(scope: Scope, around: Visible, local: set[str]) -> Visible:
    inside = around.copy(None)
    inside.bound = inside.bound or set()
    if scope.kind.is_function_like:
        inside.bound |= local
    return inside


def _class_seen_by(child: Scope, scope: Scope, around: Visible) -> Scope | None:
    if not child.sees_class:
        return None
    return scope if scope.kind is ScopeKind.CLASS else around.class_scope


def _splice(scope: Scope, inlined: list[Scope]) -> None:
    """Put the children of inlined comprehensions where the comprehensions were."""
    children: list[Scope] = []
    for child in scope.children:
        children += child.children if child in inlined else [child]
    scope.children = children


def _bind_here(scope: Scope, below: set[str], cells: set[str]) -> None:
    """Take out of `below` what the scope itself provides."""
    if scope.kind.is_function_like:
        for name, symbol in scope.symbols.items():
            if symbol.binding is Binding.LOCAL and (name in below or name in cells):
                symbol.binding = Binding.CELL
                below.discard(name)
    elif scope.kind is ScopeKind.CLASS:
        scope.needs_class_cell = "__class__" in below
        scope.needs_class_dict = "__classdict__" in below
        below -= {"__class__", "__classdict__"}


def _note_free_below(scope: Scope, below: set[str], around: Visible, cells: set[str]) -> None:
    for name in cells & scope.symbols.keys():
        scope.symbols[name].uses |= Use.INLINED_CELL
    for name in sorted(below):
        symbol = scope.symbols.get(name)
        if symbol is None:
            if around.bound is not None and name not in around.bound:
                continue
            scope.symbols[name] = Symbol(Use.NOTHING, Binding.FREE)
        elif _is_class_like(scope):
            symbol.uses |= Use.FREE_IN_CLASS


def _is_class_like(scope: Scope) -> bool:
    return scope.kind is ScopeKind.CLASS or scope.sees_class
