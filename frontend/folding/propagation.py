"""Put the constants that a module promises where they are used, and fold around them.

    LIMIT: Final = 60                      LIMIT: Final = 60
    if sys.version_info >= (3, 8):         if True:
        def f(n): return n < LIMIT * 2         def f(n): return n < 120

Statements are taken in order, so that nothing is assumed of a name before the statement that
binds it has run. Branches on constants stay in the tree; no code is generated for them. Which
names a scope binds is not changed by anything here, so scopes may be analysed before.

Not touched: names directly in the body of a class, which are looked for in the class first; and
postponed annotations, whose text counts.
"""

from __future__ import annotations

import ast
import operator
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from dx_py.frontend.folding.bindings import count_bindings
from dx_py.frontend.folding.fold import RULES, Folder
from dx_py.frontend.folding.promises import VERSION, Promises

_COMPARISONS: Final[dict[type[ast.cmpop], Callable[[Any, Any], Any]]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def optimize_tree(tree: ast.mod, *, future_annotations: bool) -> None:
    """Change a tree that is folded for level 0 by what the module promises.

    What would warn is left to the run, which then warns as ever.
    """
    promises = Promises(count_bindings(tree))
    folder = Folder(0, future_annotations, RULES | Propagation(promises).rules())
    if isinstance(tree, ast.Module):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            folder.fold_body(tree.body, then=promises.see)


class Propagation:
    """The rules that are added to the folder's own."""

    def __init__(self, promises: Promises) -> None:
        self._promises = promises
        self._in_class = False

    def rules(self) -> dict[type[ast.AST], Any]:
        return {
            ast.Name: self._name,
            ast.Attribute: self._attribute,
            ast.Subscript: self._subscript,
            ast.Compare: self._compare,
            ast.BoolOp: self._boolean,
            ast.IfExp: self._conditional,
            ast.FormattedValue: self._formatted,
            ast.ClassDef: self._class,
            ast.FunctionDef: self._function,
            ast.AsyncFunctionDef: self._function,
            ast.Lambda: self._lambda,
        }

    def _name(self, folder: Folder, node: ast.Name) -> ast.AST:
        constants = self._promises.constants
        if node.id in constants and isinstance(node.ctx, ast.Load) and not self._in_class:
            return _constant(constants[node.id], node)
        return RULES[ast.Name](folder, node)

    def _attribute(self, folder: Folder, node: ast.Attribute) -> ast.AST:
        is_looked_up = isinstance(node.ctx, ast.Load) and not self._in_class
        if is_looked_up and self._promises.is_type_checking(node):
            return _constant(False, node)
        folder.fold_children(node)
        return node

    def _subscript(self, folder: Folder, node: ast.Subscript) -> ast.AST:
        folded = RULES[ast.Subscript](folder, node)
        if isinstance(folded, ast.Subscript) and self._is_version(folded.value):
            index = folded.slice.value if isinstance(folded.slice, ast.Constant) else None
            if type(index) is int and index in (0, 1):
                return _constant(VERSION[index], node)
        return folded

    def _compare(self, folder: Folder, node: ast.Compare) -> ast.AST:
        RULES[ast.Compare](folder, node)
        if len(node.ops) != 1 or type(node.ops[0]) not in _COMPARISONS:
            return node
        right = node.comparators[0]
        if not isinstance(right, ast.Constant):
            return node
        compare = _COMPARISONS[type(node.ops[0])]
        if self._is_version(node.left) and _is_version(right.value):
            # The release decides nothing: the shorter of two tuples is less.
            return _constant(compare((*VERSION, 0), right.value), node)
        if isinstance(node.left, ast.Constant) and _alike(node.left.value, right.value):
            return _constant(compare(node.left.value, right.value), node)
        return node

    def _is_version(self, node: ast.expr) -> bool:
        return not self._in_class and self._promises.is_version(node)

    def _boolean(self, folder: Folder, node: ast.BoolOp) -> ast.AST:
        """Up to the first operand that decides, without those before that do not."""
        folder.fold_children(node)
        decides = isinstance(node.op, ast.Or)
        while isinstance(first := node.values[0], ast.Constant):
            if len(node.values) == 1 or bool(first.value) is decides:
                return first
            del node.values[0]
        return node if len(node.values) > 1 else node.values[0]

    def _conditional(self, folder: Folder, node: ast.IfExp) -> ast.AST:
        folder.fold_children(node)
        if isinstance(node.test, ast.Constant):
            return node.body if node.test.value else node.orelse
        return node

    def _formatted(self, folder: Folder, node: ast.FormattedValue) -> ast.AST:
        folder.fold_children(node)
        value = node.value.value if isinstance(node.value, ast.Constant) else None
        is_plain = node.conversion == -1 and node.format_spec is None
        if is_plain and type(value) in (int, str):
            return _constant(str(value), node)
        return node

    def _class(self, folder: Folder, node: ast.ClassDef) -> ast.AST:
        return self._scope(folder, node, in_class=True)

    def _function(self, folder: Folder, node: ast.FunctionDef) -> ast.AST:
        return self._scope(folder, node, in_class=False)

    def _scope(self, folder: Folder, node: Any, *, in_class: bool) -> ast.AST:  # noqa: ANN401
        """What stands before the body belongs to the scope around it."""
        body, node.body = node.body, []
        RULES[type(node)](folder, node)
        node.body = body
        with self._body_of(in_class=in_class):
            folder.fold_body(body)
        return node  # type: ignore[no-any-return]

    def _lambda(self, folder: Folder, node: ast.Lambda) -> ast.AST:
        folder.fold(node.args)
        with self._body_of(in_class=False):
            node.body = folder.fold(node.body)  # type: ignore[assignment]
        return node

    @contextmanager
    def _body_of(self, *, in_class: bool) -> Iterator[None]:
        outer, self._in_class = self._in_class, in_class
        try:
            yield
        finally:
            self._in_class = outer


def _constant(value: Any, node: ast.AST) -> ast.Constant:  # noqa: ANN401
    return ast.copy_location(ast.Constant(value), node)


def _is_version(value: object) -> bool:
    """One or two numbers: whatever the release, it compares alike with the version."""
    if not isinstance(value, tuple) or not 1 <= len(value) <= len(VERSION):
        return False
    return all(type(part) is int for part in value)


def _alike(left: object, right: object) -> bool:
    """Two texts, or two numbers that have an order: comparing them raises nothing."""
    kinds = {type(left), type(right)}
    return kinds in ({str}, {bytes}) or kinds <= {int, bool, float}
