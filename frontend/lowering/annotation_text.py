"""The text of a postponed annotation, as the host writes it (PEP 563).

Another dialect than `ast.unparse`: strings are their `repr`, f-strings the `repr` of their
text, and parentheses stand where the host's own levels want them.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from dx_py.frontend.printing.pieces import Level
from dx_py.frontend.printing.precedence import BINARY, COMPARISON

_UNARY: dict[type[ast.unaryop], tuple[str, Level]] = {
    ast.Invert: ("~", Level.FACTOR),
    ast.Not: ("not ", Level.NOT),
    ast.UAdd: ("+", Level.FACTOR),
    ast.USub: ("-", Level.FACTOR),
}
# How the host writes infinity.
_INFINITY = "1e309"


def annotation_text(node: ast.expr) -> str:
    return _text(node, Level.TEST)


def _text(node: ast.expr, level: Level) -> str:
    return _WRITERS[type(node)](node, level)


def _joined(nodes: Sequence[ast.expr], level: Level = Level.TEST) -> str:
    return ", ".join(_text(node, level) for node in nodes)


def _grouped(text: str, own: Level, level: Level) -> str:
    return f"({text})" if level > own else text


def _above(level: Level) -> Level:
    return Level(level + 1)


def _boolean(node: ast.BoolOp, level: Level) -> str:
    is_and = isinstance(node.op, ast.And)
    own, word = (Level.AND, " and ") if is_and else (Level.OR, " or ")
    text = word.join(_text(value, _above(own)) for value in node.values)
    return _grouped(text, own, level)


def _binary(node: ast.BinOp, level: Level) -> str:
    symbol, own = BINARY[type(node.op)]
    left, right = own, _above(own)
    if own is Level.POWER:  # groups to the right
        left, right = right, left
    text = f"{_text(node.left, left)} {symbol} {_text(node.right, right)}"
    return _grouped(text, own, level)


def _unary(node: ast.UnaryOp, level: Level) -> str:
    symbol, own = _UNARY[type(node.op)]
    return _grouped(symbol + _text(node.operand, own), own, level)


def _compare(node: ast.Compare, level: Level) -> str:
    operand = _above(Level.COMPARISON)
    text = _text(node.left, operand)
    for operator, right in zip(node.ops, node.comparators, strict=True):
        text += f" {COMPARISON[type(operator)]} {_text(right, operand)}"
    return _grouped(text, Level.COMPARISON, level)


def _lambda(node: ast.Lambda, level: Level) -> str:
    # The host forgets the space where there are no positional parameters.
    positional = node.args.posonlyargs or node.args.args
    head = "lambda " if positional else "lambda"
    text = f"{head}{_parameters(node.args)}: {_text(node.body, Level.TEST)}"
    return _grouped(text, Level.TEST, level)


def _parameters(arguments: ast.arguments) -> str:
    positional = [*arguments.posonlyargs, *arguments.args]
    missing = len(positional) - len(arguments.defaults)
    defaults = [None] * missing + list(arguments.defaults)
    parts = [_parameter(*pair) for pair in zip(positional, defaults, strict=True)]
    if arguments.posonlyargs:
        parts.insert(len(arguments.posonlyargs), "/")
    if arguments.vararg is not None:
        parts.append(f"*{arguments.vararg.arg}")
    elif arguments.kwonlyargs:
        parts.append("*")
    for pair in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        parts.append(_parameter(*pair))
    if arguments.kwarg is not None:
        parts.append(f"**{arguments.kwarg.arg}")
    return ", ".join(parts)


def _parameter(argument: ast.arg, default: ast.expr | None) -> str:
    if default is None:
        return argument.arg
    return f"{argument.arg}={_text(default, Level.TEST)}"


def _conditional(node: ast.IfExp, level: Level) -> str:
    operand = _above(Level.TEST)
    body, test = _text(node.body, operand), _text(node.test, operand)
    text = f"{body} if {test} else {_text(node.orelse, Level.TEST)}"
    return _grouped(text, Level.TEST, level)


def _dictionary(node: ast.Dict, level: Level) -> str:
    items = [_item(key, value) for key, value in zip(node.keys, node.values, strict=True)]
    return f"{{{', '.join(items)}}}"


def _item(key: ast.expr | None, value: ast.expr) -> str:
    if key is None:
        return f"**{_text(value, Level.BIT_OR)}"
    return f"{_text(key, Level.TEST)}: {_text(value, Level.TEST)}"


def _clauses(clauses: Sequence[ast.comprehension]) -> str:
    operand, text = _above(Level.TEST), ""
    for clause in clauses:
        text += " async for " if clause.is_async else " for "
        text += f"{_text(clause.target, Level.TUPLE)} in {_text(clause.iter, operand)}"
        text += "".join(f" if {_text(test, operand)}" for test in clause.ifs)
    return text


def _comprehension(opening: str, closing: str) -> Callable[[Any, Level], str]:
    def write(node: ast.ListComp | ast.SetComp | ast.GeneratorExp, level: Level) -> str:
        element = _text(node.elt, Level.TEST)
        return f"{opening}{element}{_clauses(node.generators)}{closing}"

    return write


def _dict_comprehension(node: ast.DictComp, level: Level) -> str:
    return f"{{{_item(node.key, node.value)}{_clauses(node.generators)}}}"


def _call(node: ast.Call, level: Level) -> str:
    function = _text(node.func, Level.ATOM)
    if len(node.args) == 1 and not node.keywords and isinstance(node.args[0], ast.GeneratorExp):
        return function + _text(node.args[0], Level.TEST)
    arguments = [_text(argument, Level.TEST) for argument in node.args]
    for keyword in node.keywords:
        name = "**" if keyword.arg is None else f"{keyword.arg}="
        arguments.append(name + _text(keyword.value, Level.TEST))
    return f"{function}({', '.join(arguments)})"


def _attribute(node: ast.Attribute, level: Level) -> str:
    value = node.value
    is_int = isinstance(value, ast.Constant) and type(value.value) is int
    return f"{_text(value, Level.ATOM)}{' .' if is_int else '.'}{node.attr}"


def _subscript(node: ast.Subscript, level: Level) -> str:
    return f"{_text(node.value, Level.ATOM)}[{_text(node.slice, Level.TUPLE)}]"


def _slice(node: ast.Slice, level: Level) -> str:
    lower, upper = (
        "" if bound is None else _text(bound, Level.TEST) for bound in (node.lower, node.upper)
    )
    step = "" if node.step is None else f":{_text(node.step, Level.TEST)}"
    return f"{lower}:{upper}{step}"


def _tuple(node: ast.Tuple, level: Level) -> str:
    if not node.elts:
        return "()"
    text = _joined(node.elts) + ("," if len(node.elts) == 1 else "")
    return _grouped(text, Level.TUPLE, level)


def _yield(node: ast.Yield, level: Level) -> str:
    return "(yield)" if node.value is None else f"(yield {_text(node.value, Level.TEST)})"


def _named(node: ast.NamedExpr, level: Level) -> str:
    return f"({_text(node.target, Level.ATOM)} := {_text(node.value, Level.ATOM)})"


def _constant(node: ast.Constant, level: Level) -> str:
    if node.value is ...:
        return "..."
    if isinstance(node.value, float | complex):
        return repr(node.value).replace("inf", _INFINITY)
    return f"{node.kind or ''}{node.value!r}"


def _joined_string(node: ast.JoinedStr, level: Level) -> str:
    return f"f{_fields(node.values)!r}"


def _fields(values: Sequence[ast.expr]) -> str:
    """Text and fields, before the string is quoted."""
    text = ""
    for value in values:
        if isinstance(value, ast.Constant):
            text += str(value.value).replace("{", "{{").replace("}", "}}")
        elif isinstance(value, ast.JoinedStr):
            text += _fields(value.values)
        else:
            assert isinstance(value, ast.FormattedValue)
            text += _field(value)
    return text


def _field(node: ast.FormattedValue) -> str:
    value = _text(node.value, _above(Level.TEST))
    opening = "{ " if value.startswith("{") else "{"
    conversion = f"!{chr(node.conversion)}" if node.conversion > 0 else ""
    spec = "" if node.format_spec is None else f":{_fields([node.format_spec])}"
    return f"{opening}{value}{conversion}{spec}}}"


_WRITERS: dict[type[ast.expr], Callable[[Any, Level], str]] = {
    ast.Attribute: _attribute,
    ast.Await: lambda node, level: _grouped(
        f"await {_text(node.value, Level.ATOM)}", Level.AWAIT, level
    ),
    ast.BinOp: _binary,
    ast.BoolOp: _boolean,
    ast.Call: _call,
    ast.Compare: _compare,
    ast.Constant: _constant,
    ast.Dict: _dictionary,
    ast.DictComp: _dict_comprehension,
    ast.FormattedValue: lambda node, level: _field(node),
    ast.GeneratorExp: _comprehension("(", ")"),
    ast.IfExp: _conditional,
    ast.JoinedStr: _joined_string,
    ast.Lambda: _lambda,
    ast.List: lambda node, level: f"[{_joined(node.elts)}]",
    ast.ListComp: _comprehension("[", "]"),
    ast.Name: lambda node, level: node.id,
    ast.NamedExpr: _named,
    ast.Set: lambda node, level: f"{{{_joined(node.elts)}}}",
    ast.SetComp: _comprehension("{", "}"),
    ast.Slice: _slice,
    ast.Starred: lambda node, level: f"*{_text(node.value, Level.BIT_OR)}",
    ast.Subscript: _subscript,
    ast.Tuple: _tuple,
    ast.UnaryOp: _unary,
    ast.Yield: _yield,
    ast.YieldFrom: lambda node, level: f"(yield from {_text(node.value, Level.TEST)})",
}
