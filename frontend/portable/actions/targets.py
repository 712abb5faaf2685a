"""Expressions that turn out to be targets: their context, or why they cannot be one."""

from __future__ import annotations

import ast

from dx_py.frontend.portable.tokens import Position, Refusal, Span, refuse

LOAD, STORE, DEL = ast.Load(), ast.Store(), ast.Del()

_CALLED = {
    ast.Attribute: "attribute",
    ast.Await: "await expression",
    ast.BinOp: "expression",
    ast.BoolOp: "expression",
    ast.Call: "function call",
    ast.Compare: "comparison",
    ast.Dict: "dict literal",
    ast.DictComp: "dict comprehension",
    ast.GeneratorExp: "generator expression",
    ast.IfExp: "conditional expression",
    ast.JoinedStr: "f-string expression",
    ast.Lambda: "lambda",
    ast.List: "list",
    ast.ListComp: "list comprehension",
    ast.Name: "name",
    ast.NamedExpr: "named expression",
    ast.Set: "set display",
    ast.SetComp: "set comprehension",
    ast.Starred: "starred",
    ast.Subscript: "subscript",
    ast.Tuple: "tuple",
    ast.UnaryOp: "expression",
    ast.Yield: "yield expression",
    ast.YieldFrom: "yield expression",
}


def called(node: ast.expr) -> str:
    """What the host's messages call an expression of this kind."""
    if not isinstance(node, ast.Constant):
        return _CALLED.get(type(node), "expression")
    if node.value is Ellipsis:
        return "ellipsis"
    return repr(node.value) if node.value is None or isinstance(node.value, bool) else "literal"


def start_of(node: ast.expr | ast.arg | ast.pattern) -> Position:
    return node.lineno, node.col_offset


def refuse_node(message: str, node: ast.expr | ast.arg | ast.pattern) -> Refusal:
    return refuse(message, start_of(node), (node.end_lineno or 0, node.end_col_offset or 0))


def target(node: ast.expr) -> ast.expr:
    match node:
        case ast.Name() | ast.Attribute() | ast.Subscript():
            node.ctx = STORE
        case ast.Tuple() | ast.List():
            node.ctx = STORE
            for item in node.elts:
                target(item)
        case ast.Starred():
            node.ctx = STORE
            target(node.value)
        case _:
            raise refuse_node(f"cannot assign to {called(node)}", node)
    return node


def delete_targets(nodes: list[ast.expr]) -> list[ast.expr]:
    for node in nodes:
        _delete_target(node)
    return nodes


def _delete_target(node: ast.expr) -> None:
    match node:
        case ast.Name() | ast.Attribute() | ast.Subscript():
            node.ctx = DEL
        case ast.Tuple() | ast.List():
            node.ctx = DEL
            delete_targets(node.elts)
        case _:
            raise refuse_node(f"cannot delete {called(node)}", node)


def augmented_target(node: ast.expr) -> ast.expr:
    if not isinstance(node, (ast.Name, ast.Attribute, ast.Subscript)):
        message = f"'{called(node)}' is an illegal expression for augmented assignment"
        raise refuse_node(message, node)
    node.ctx = STORE
    return node


def walrus_target(node: ast.expr, span: Span) -> ast.expr:
    if not isinstance(node, ast.Name) or start_of(node) != span.start:
        message = f"cannot use assignment expressions with {called(node)}"
        raise refuse_node(message, node)
    node.ctx = STORE
    return node


def annotated_assignment(
    node: ast.expr, annotation: ast.expr, value: ast.expr | None, span: Span, whole: Span
) -> ast.AnnAssign:
    """The statement at ``whole``; ``span`` is the target's."""
    if isinstance(node, (ast.Tuple, ast.List)):
        raise refuse_node(f"only single target (not {called(node)}) can be annotated", node)
    if not isinstance(node, (ast.Name, ast.Attribute, ast.Subscript)):
        raise refuse_node("illegal target for annotation", node)
    node.ctx = STORE
    simple = int(isinstance(node, ast.Name) and start_of(node) == span.start)
    start, end = whole
    return ast.AnnAssign(
        node,
        annotation,
        value,
        simple,
        lineno=start[0],
        col_offset=start[1],
        end_lineno=end[0],
        end_col_offset=end[1],
    )


def keyword_name(node: ast.expr, span: Span, equals: Span) -> str:
    if isinstance(node, ast.Name) and start_of(node) == span.start:
        return node.id
    message = 'expression cannot contain assignment, perhaps you meant "=="?'
    raise refuse(message, span.start, equals.end)
