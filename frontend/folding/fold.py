"""Folding constants in a tree, in place.

    x = 60 * 60; y in [1, 2]; "%s" % (x,)   ->   x = 3600; y in (1, 2); f"{x!s}"

Runs before scopes are analysed. Postponed annotations stay as they are: their text counts.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dx_py.frontend.folding.arithmetic import NotFoldedError, fold_binary, fold_unary
from dx_py.frontend.folding.format_strings import joined_string

type Rule = Callable[[Folder, Any], ast.AST]

_NEGATED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}

# Fields that hold neither expressions nor statements, or nothing that is folded.
_PLAIN_FIELDS = frozenset(
    {
        "arg",
        "asname",
        "attr",
        "conversion",
        "ctx",
        "id",
        "is_async",
        "kind",
        "kwd_attrs",
        "level",
        "module",
        "name",
        "names",
        "op",
        "ops",
        "rest",
        "simple",
        "type_comment",
        "type_ignores",
    }
)


def fold_tree(tree: ast.mod, *, optimize: int, future_annotations: bool) -> None:
    """Change `tree` as the host's optimiser would.

    `optimize` decides what `__debug__` is; `future_annotations` leaves annotations alone.
    """
    Folder(optimize, future_annotations, RULES).fold(tree)


@dataclass(frozen=True, slots=True)
class Folder:
    """``rules``: kind of node -> what folds it; otherwise its children are folded."""

    optimize: int
    future_annotations: bool
    rules: Mapping[type[ast.AST], Rule]

    def fold(self, node: ast.AST) -> ast.AST:
        """The node itself, changed or not, or what stands for it."""
        rule = self.rules.get(type(node))
        if rule is not None:
            return rule(self, node)
        self.fold_children(node)
        return node

    def fold_children(self, node: ast.AST) -> None:
        for name in CHILD_FIELDS[type(node)]:
            value = getattr(node, name)
            if type(value) is list:
                self.fold_list(value)
            elif value is not None:
                folded = self.fold(value)
                if folded is not value:
                    setattr(node, name, folded)

    def fold_list(self, nodes: list[Any]) -> None:
        for index, node in enumerate(nodes):
            if node is not None:
                folded = self.fold(node)
                if folded is not node:
                    nodes[index] = folded

    def fold_body(
        self, body: list[ast.stmt], *, then: Callable[[ast.stmt], None] | None = None
    ) -> None:
        """Of a module, class or function; ``then`` is called after each statement.

        What becomes a string in the first place was no docstring, and stays none.
        """
        had_docstring = bool(body) and _is_docstring(body[0])
        for statement in body:
            self.fold(statement)
            if then is not None:
                then(statement)
        first = body[0] if body else None
        if not had_docstring and isinstance(first, ast.Expr) and _is_docstring(first):
            value = first.value
            first.value = ast.copy_location(ast.JoinedStr([value]), value)


def _child_fields(kind: type[ast.AST]) -> tuple[str, ...]:
    return tuple(name for name in kind._fields if name not in _PLAIN_FIELDS)


def _leaf(folder: Folder, node: ast.AST) -> ast.AST:
    return node


def _name(folder: Folder, node: ast.Name) -> ast.AST:
    if node.id == "__debug__" and isinstance(node.ctx, ast.Load):
        return _constant(folder.optimize == 0, node)
    return node


def _constant(value: Any, node: ast.AST) -> ast.Constant:  # noqa: ANN401
    return ast.copy_location(ast.Constant(value), node)


def _binary(folder: Folder, node: ast.BinOp) -> ast.AST:
    folder.fold_children(node)
    if isinstance(node.op, ast.Mod):
        joined = joined_string(node)
        if joined is not None:
            return joined
    left, right = node.left, node.right
    if isinstance(left, ast.Constant) and isinstance(right, ast.Constant):
        return _computed(node, lambda: fold_binary(node.op, left.value, right.value))
    return node


def _unary(folder: Folder, node: ast.UnaryOp) -> ast.AST:
    folder.fold_children(node)
    operand = node.operand
    if isinstance(operand, ast.Constant):
        return _computed(node, lambda: fold_unary(node.op, operand.value))
    if isinstance(node.op, ast.Not) and isinstance(operand, ast.Compare):
        return _negated(node, operand)
    return node


def _computed(node: ast.expr, compute: Callable[[], Any]) -> ast.expr:
    """A constant, or the node where the operation is refused or fails."""
    try:
        return _constant(compute(), node)
    except (NotFoldedError, Exception):
        return node


def _negated(node: ast.UnaryOp, operand: ast.Compare) -> ast.expr:
    """`not a in b` is `a not in b`."""
    opposite = _NEGATED.get(type(operand.ops[0])) if len(operand.ops) == 1 else None
    if opposite is None:
        return node
    operand.ops[0] = opposite()
    return operand


def _tuple(folder: Folder, node: ast.Tuple) -> ast.AST:
    folder.fold_list(node.elts)
    return _folded_tuple(node)


def _folded_tuple(node: ast.Tuple) -> ast.expr:
    if not isinstance(node.ctx, ast.Load):
        return node
    values = _constant_values(node.elts)
    return node if values is None else _constant(values, node)


def _constant_values(items: list[ast.expr]) -> tuple[Any, ...] | None:
    values = []
    for item in items:
        if not isinstance(item, ast.Constant):
            return None
        values.append(item.value)
    return tuple(values)


def _subscript(folder: Folder, node: ast.Subscript) -> ast.AST:
    folder.fold_children(node)
    value, index = node.value, node.slice
    if not isinstance(node.ctx, ast.Load):
        return node
    if isinstance(value, ast.Constant) and isinstance(index, ast.Constant):
        return _computed(node, lambda: _item(value.value, index.value))
    return node


def _item(value: Any, index: Any) -> Any:  # noqa: ANN401
    return value[index]


def _compare(folder: Folder, node: ast.Compare) -> ast.AST:
    folder.fold_children(node)
    if isinstance(node.ops[-1], ast.In | ast.NotIn):
        node.comparators[-1] = _iterated(node.comparators[-1])
    return node


def _iterated(node: ast.expr) -> ast.expr:
    """What is only iterated over or searched need not be mutable."""
    if isinstance(node, ast.List):
        if any(isinstance(item, ast.Starred) for item in node.elts):
            return node
        return _folded_tuple(ast.copy_location(ast.Tuple(node.elts, node.ctx), node))
    if isinstance(node, ast.Set):
        values = _constant_values(node.elts)
        return node if values is None else _constant(frozenset(values), node)
    return node


def _for(folder: Folder, node: ast.For) -> ast.AST:
    folder.fold_children(node)
    node.iter = _iterated(node.iter)
    return node


def _comprehension(folder: Folder, node: ast.comprehension) -> ast.AST:
    folder.fold_children(node)
    node.iter = _iterated(node.iter)
    return node


def _with_docstring(folder: Folder, node: ast.Module | ast.ClassDef) -> ast.AST:
    body, node.body = node.body, []
    folder.fold_children(node)
    node.body = body
    folder.fold_body(body)
    return node


def _is_docstring(node: ast.stmt | None) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _function(folder: Folder, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
    returns = node.returns
    if folder.future_annotations:
        node.returns = None
    _with_docstring(folder, node)  # type: ignore[arg-type]
    if folder.future_annotations:
        node.returns = returns
    return node


def _argument(folder: Folder, node: ast.arg) -> ast.AST:
    if node.annotation is not None and not folder.future_annotations:
        node.annotation = folder.fold(node.annotation)  # type: ignore[assignment]
    return node


def _annotated_assignment(folder: Folder, node: ast.AnnAssign) -> ast.AST:
    node.target = folder.fold(node.target)  # type: ignore[assignment]
    if not folder.future_annotations:
        node.annotation = folder.fold(node.annotation)  # type: ignore[assignment]
    if node.value is not None:
        node.value = folder.fold(node.value)  # type: ignore[assignment]
    return node


RULES: dict[type[ast.AST], Rule] = {
    ast.Constant: _leaf,
    ast.Name: _name,
    ast.Pass: _leaf,
    ast.Break: _leaf,
    ast.Continue: _leaf,
    ast.Import: _leaf,
    ast.ImportFrom: _leaf,
    ast.Global: _leaf,
    ast.Nonlocal: _leaf,
    ast.MatchSingleton: _leaf,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.Tuple: _tuple,
    ast.Subscript: _subscript,
    ast.Compare: _compare,
    ast.For: _for,
    ast.comprehension: _comprehension,
    ast.Module: _with_docstring,
    ast.ClassDef: _with_docstring,
    ast.FunctionDef: _function,
    ast.AsyncFunctionDef: _function,
    ast.arg: _argument,
    ast.AnnAssign: _annotated_assignment,
}

CHILD_FIELDS: dict[type[ast.AST], tuple[str, ...]] = {
    kind: _child_fields(kind)
    for kind in vars(ast).values()
    if isinstance(kind, type) and issubclass(kind, ast.AST)
}
