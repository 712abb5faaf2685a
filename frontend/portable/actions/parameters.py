"""Parameters of functions and arguments of calls: flat lists whose order is checked here."""

from __future__ import annotations

import ast
import itertools
from typing import NamedTuple

from dx_py.frontend.portable.actions.targets import refuse_node
from dx_py.frontend.portable.tokens import Span, refuse

PLAIN, STAR, DOUBLE_STAR, SLASH = range(4)


class Parameter(NamedTuple):
    kind: int
    arg: ast.arg | None
    default: ast.expr | None
    span: Span


parameter = Parameter


def commented(parameters: list[Parameter], comment: str) -> list[Parameter]:
    last = parameters[-1]
    if last.arg is None:
        message = (
            "bare * has associated type comment" if last.kind == STAR else "invalid syntax"
        )
        raise refuse(message, *last.span)
    last.arg.type_comment = comment
    return parameters


def arguments(parameters: list[Parameter]) -> ast.arguments:
    result = ast.arguments([], [], None, [], [], None, [])
    seen: list[Parameter] = []
    for item in parameters:
        if result.kwarg is not None:
            raise refuse("arguments cannot follow var-keyword argument", *item.span)
        _add_parameter(result, item, seen)
        seen.append(item)
    if seen and seen[-1].kind == STAR and seen[-1].arg is None:
        raise refuse("named arguments must follow bare *", *seen[-1].span)
    _check_bare_star(seen)
    return result


def _add_parameter(result: ast.arguments, item: Parameter, seen: list[Parameter]) -> None:
    has_star = any(before.kind == STAR for before in seen)
    match item.kind:
        case 0 if has_star:
            result.kwonlyargs.append(_arg(item))
            result.kw_defaults.append(item.default)
        case 0:
            _add_positional(result, item)
        case 1 if has_star:
            raise refuse("* argument may appear only once", *item.span)
        case 1:
            result.vararg = item.arg
        case 2:
            result.kwarg = item.arg
        case _:
            _add_slash(result, item, seen, has_star=has_star)


def _add_positional(result: ast.arguments, item: Parameter) -> None:
    result.args.append(_arg(item))
    if item.default is not None:
        result.defaults.append(item.default)
    elif result.defaults:
        message = "parameter without a default follows parameter with a default"
        raise refuse(message, *item.span)


def _add_slash(
    result: ast.arguments, item: Parameter, seen: list[Parameter], *, has_star: bool
) -> None:
    if any(before.kind == SLASH for before in seen):
        raise refuse("/ may appear only once", *item.span)
    if has_star:
        raise refuse("/ must be ahead of *", *item.span)
    if not seen:
        raise refuse("at least one argument must precede /", *item.span)
    result.posonlyargs, result.args = result.args, []


def _check_bare_star(seen: list[Parameter]) -> None:
    for before, after in itertools.pairwise(seen):
        if before.kind == STAR and before.arg is None and after.kind == DOUBLE_STAR:
            raise refuse("named arguments must follow bare *", *before.span)


def _arg(item: Parameter) -> ast.arg:
    assert item.arg is not None, "a plain parameter has a name"
    return item.arg


def positional(items: list[ast.expr | ast.keyword]) -> list[ast.expr]:
    plain: list[ast.expr] = []
    after_keyword = after_unpacking = False
    for item in items:
        if isinstance(item, ast.keyword):
            after_keyword = True
            after_unpacking |= item.arg is None
            continue
        _check_order(item, after_keyword=after_keyword, after_unpacking=after_unpacking)
        plain.append(item)
    return plain


def _check_order(item: ast.expr, *, after_keyword: bool, after_unpacking: bool) -> None:
    if isinstance(item, ast.Starred):
        if after_unpacking:
            message = "iterable argument unpacking follows keyword argument unpacking"
            raise refuse_node(message, item)
    elif after_keyword:
        unpacking = " unpacking" if after_unpacking else ""
        raise refuse_node(f"positional argument follows keyword argument{unpacking}", item)


def keywords(items: list[ast.expr | ast.keyword]) -> list[ast.keyword]:
    return [item for item in items if isinstance(item, ast.keyword)]


def signature_types(items: list[tuple[int, ast.expr]]) -> list[ast.expr]:
    """Types of a ``# type:`` signature; one ``*`` and then one ``**`` may end it."""
    stars = [count for count, _ in items]
    expected = [0] * stars.count(0) + [1] * (1 in stars) + [2] * (2 in stars)
    if stars != expected:
        wrong = next(
            n for n, (a, b) in enumerate(zip(stars, [*expected, 3], strict=False)) if a != b
        )
        raise refuse_node("invalid syntax", items[wrong][1])
    return [node for _, node in items]
