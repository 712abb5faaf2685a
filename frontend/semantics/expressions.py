"""Checks of expressions: stars, `yield`, `await`, stores, repeated keywords."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from dx_py.frontend.semantics import literals
from dx_py.frontend.semantics.checker import Block, Checker, UnitKind
from dx_py.frontend.symbols.expressions import AnyComprehension
from dx_py.frontend.symbols.scope import Comprehension
from dx_py.frontend.symbols.walk import Visits

# The host packs the number of targets before a starred one in a byte.
_MAX_BEFORE_STAR = 255


def name(checker: Checker, node: ast.Name) -> Visits:
    _check_context(checker, node.id, node)
    return ()


def attribute(checker: Checker, node: ast.Attribute) -> Visits:
    yield node.value
    if isinstance(node.ctx, ast.Store):
        _check_context(checker, node.attr, node)


def _check_context(checker: Checker, name: str, node: ast.Name | ast.Attribute) -> None:
    if isinstance(node.ctx, ast.Store):
        checker.check_binding(name, node)
    elif isinstance(node.ctx, ast.Del):
        checker.check_binding(name, node, "delete")


def display(checker: Checker, node: ast.Tuple | ast.List | ast.Set) -> Visits:
    """Items may be starred; of targets, one."""
    if not isinstance(node, ast.Set) and isinstance(node.ctx, ast.Store):
        _check_targets(checker, node)
    yield from _without_stars(node.elts)


def _check_targets(checker: Checker, node: ast.Tuple | ast.List) -> None:
    starred = [i for i, item in enumerate(node.elts) if isinstance(item, ast.Starred)]
    if len(starred) > 1:
        checker.report("multiple starred expressions in assignment", node)
    elif starred and starred[0] > _MAX_BEFORE_STAR:
        checker.report("too many expressions in star-unpacking assignment", node)


def _without_stars(nodes: Sequence[ast.expr]) -> Visits:
    for node in nodes:
        yield node.value if isinstance(node, ast.Starred) else node


def starred(checker: Checker, node: ast.Starred) -> Visits:
    """Reached only where the parent does not take stars."""
    if isinstance(node.ctx, ast.Store):
        checker.report("starred assignment target must be in a list or tuple", node)
    else:
        checker.report("can't use starred expression here", node)
    yield node.value


def call(checker: Checker, node: ast.Call) -> Visits:
    repeated_keywords(checker, node.keywords)
    literals.check_called(checker, node)
    yield node.func
    yield from _without_stars(node.args)
    yield from node.keywords


def repeated_keywords(checker: Checker, keywords: Sequence[ast.keyword]) -> None:
    seen: set[str] = set()
    for keyword in keywords:
        if keyword.arg is None:
            continue
        checker.check_binding(keyword.arg, keyword)
        if keyword.arg in seen:
            checker.report(f"keyword argument repeated: {keyword.arg}", keyword)
        seen.add(keyword.arg)


def subscript(checker: Checker, node: ast.Subscript) -> Visits:
    if isinstance(node.ctx, ast.Load):
        literals.check_subscripted(checker, node)
        literals.check_index(checker, node)
    yield node.value
    yield node.slice


def comparison(checker: Checker, node: ast.Compare) -> Visits:
    literals.check_identity(checker, node)
    yield node.left
    yield from node.comparators


def dictionary(checker: Checker, node: ast.Dict) -> Visits:
    for key, value in zip(node.keys, node.values, strict=True):
        if key is not None:
            yield key
        yield value


def named_expression(checker: Checker, node: ast.NamedExpr) -> Visits:
    yield node.value
    yield node.target


def yield_value(checker: Checker, node: ast.Yield) -> Visits:
    _check_yield(checker, node)
    if node.value is not None:
        yield node.value


def yield_from(checker: Checker, node: ast.YieldFrom) -> Visits:
    if checker.unit.kind is UnitKind.ASYNC_FUNCTION:
        checker.report("'yield from' inside async function", node)
    else:
        _check_yield(checker, node)
    yield node.value


def _check_yield(checker: Checker, node: ast.Yield | ast.YieldFrom) -> None:
    if not checker.unit.kind.is_function_like:
        checker.report("'yield' outside function", node)


def await_value(checker: Checker, node: ast.Await) -> Visits:
    kind = checker.unit.kind
    if not checker.awaits_at_top:
        if not kind.is_function_like:
            checker.report("'await' outside function", node)
        elif not kind.may_await:
            checker.report("'await' outside async function", node)
    yield node.value


def comprehension(checker: Checker, node: AnyComprehension) -> Visits:
    """The first iterable runs outside; the rest in a frame of its own or inlined there."""
    scope = checker.analysis.scopes[node]
    allowed = checker.unit.kind.may_await or checker.awaits_at_top
    yield node.generators[0].iter
    if scope.comprehension is Comprehension.GENERATOR:
        with checker.enter(UnitKind.COMPREHENSION, node):
            yield from _clauses(checker, node, 0)
        return
    if scope.is_coroutine and not allowed:
        message = "asynchronous comprehension outside of an asynchronous function"
        checker.report(message, node)
        return
    yield from _clauses(checker, node, 0)


def _clauses(checker: Checker, node: AnyComprehension, index: int) -> Visits:
    """The clauses from `index` on, each inside the one before, then the element."""
    if index == len(node.generators):
        yield from [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        return
    clause = node.generators[index]
    if index:
        yield clause.iter
    if clause.is_async:
        with checker.inside(Block.OTHER, node):
            yield from _clause_inside(checker, node, index)
    else:
        yield from _clause_inside(checker, node, index)


def _clause_inside(checker: Checker, node: AnyComprehension, index: int) -> Visits:
    clause = node.generators[index]
    yield clause.target
    yield from clause.ifs
    yield from _clauses(checker, node, index + 1)
