"""Printing rules of `match` patterns."""

from __future__ import annotations

import ast

from dx_py.frontend.printing.expressions import enclosed
from dx_py.frontend.printing.pieces import (
    Level,
    Operand,
    PatternLevel,
    Piece,
    Pieces,
    prints,
    separated,
)


@prints(ast.MatchValue)
def value_pattern(node: ast.MatchValue) -> Pieces:
    yield Operand(node.value, Level.SUM)


@prints(ast.MatchSingleton)
def singleton_pattern(node: ast.MatchSingleton) -> Pieces:
    yield str(node.value)


@prints(ast.MatchSequence)
def sequence_pattern(node: ast.MatchSequence) -> Pieces:
    yield from enclosed("[", _any_patterns(node.patterns), "]")


@prints(ast.MatchMapping)
def mapping_pattern(node: ast.MatchMapping) -> Pieces:
    yield "{"
    for index, (key, value) in enumerate(zip(node.keys, node.patterns, strict=True)):
        yield ", " if index else ""
        yield Operand(key, Level.SUM)
        yield ": "
        yield Operand(value, PatternLevel.AS)
    if node.rest is not None:
        yield f", **{node.rest}" if node.keys else f"**{node.rest}"
    yield "}"


@prints(ast.MatchClass)
def class_pattern(node: ast.MatchClass) -> Pieces:
    yield Operand(node.cls, Level.PRIMARY)
    yield "("
    yield from separated(_any_patterns(node.patterns))
    for index, (name, value) in enumerate(
        zip(node.kwd_attrs, node.kwd_patterns, strict=True), start=len(node.patterns)
    ):
        yield f", {name}=" if index else f"{name}="
        yield Operand(value, PatternLevel.AS)
    yield ")"


@prints(ast.MatchStar)
def star_pattern(node: ast.MatchStar) -> Pieces:
    yield f"*{node.name or '_'}"


@prints(ast.MatchAs)
def as_pattern(node: ast.MatchAs) -> Pieces:
    if node.pattern is not None:
        yield Operand(node.pattern, PatternLevel.OR)
        yield " as "
    yield node.name or "_"


@prints(ast.MatchOr)
def or_pattern(node: ast.MatchOr) -> Pieces:
    alternatives = [Operand(item, PatternLevel.CLOSED) for item in node.patterns]
    yield from separated(alternatives, " | ")


def _any_patterns(nodes: list[ast.pattern]) -> list[Piece]:
    return [Operand(node, PatternLevel.AS) for node in nodes]
