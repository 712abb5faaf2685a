"""Reading functions, classes and their type parameters."""

from __future__ import annotations

from dx_py.frontend.diagnostics import arguments, blocks, expressions, parameters
from dx_py.frontend.diagnostics.reader import Reader
from dx_py.frontend.diagnostics.tokens import TokenKind


def function(r: Reader) -> None:
    keyword = r.expect("def")
    r.expect_kind(TokenKind.NAME)
    type_parameters(r)
    blocks.forced(r, "(")
    parameters.function_parameters(r)
    r.expect(")")
    r.attempt(_returned)
    blocks.forced(r, ":")
    blocks.block(r, "function definition", keyword)


def _returned(r: Reader) -> None:
    r.expect("->")
    expressions.expression(r)


def class_definition(r: Reader) -> None:
    keyword = r.expect("class")
    r.expect_kind(TokenKind.NAME)
    type_parameters(r)
    if r.accept("("):
        arguments.read_arguments(r, is_call=False)
        r.expect(")")
    blocks.header_colon(r)
    blocks.block(r, "class definition", keyword)


def type_parameters(r: Reader) -> None:
    """`[T: bound, *Ts, **P]`, if any."""
    r.attempt(_bracketed_type_parameters)


def _bracketed_type_parameters(r: Reader) -> None:
    r.expect("[")
    _type_parameter(r)
    while r.accept(",") and not r.at("]"):
        _type_parameter(r)
    r.expect("]")


def _type_parameter(r: Reader) -> None:
    kind = {"*": "TypeVarTuple", "**": "ParamSpec"}.get(r.token.symbol)
    if kind is not None:
        r.advance()
    r.expect_kind(TokenKind.NAME)
    if not r.at(":"):
        return
    colon = r.advance()
    bound = expressions.expression(r)
    if kind is not None:
        what = "constraints" if bound.kind == "tuple" else "bound"
        with r.aloud():
            r.explain_from(f"cannot use {what} with {kind}", colon)
