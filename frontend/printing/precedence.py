"""How strongly each node binds, as the grammar of Python 3.12 nests its expressions."""

from __future__ import annotations

import ast

from dx_py.frontend.printing.pieces import Level, Operand, PatternLevel

BINARY: dict[type[ast.operator], tuple[str, Level]] = {
    ast.BitOr: ("|", Level.BIT_OR),
    ast.BitXor: ("^", Level.BIT_XOR),
    ast.BitAnd: ("&", Level.BIT_AND),
    ast.LShift: ("<<", Level.SHIFT),
    ast.RShift: (">>", Level.SHIFT),
    ast.Add: ("+", Level.SUM),
    ast.Sub: ("-", Level.SUM),
    ast.Mult: ("*", Level.TERM),
    ast.MatMult: ("@", Level.TERM),
    ast.Div: ("/", Level.TERM),
    ast.FloorDiv: ("//", Level.TERM),
    ast.Mod: ("%", Level.TERM),
    ast.Pow: ("**", Level.POWER),
}

UNARY: dict[type[ast.unaryop], tuple[str, Level]] = {
    ast.Not: ("not ", Level.NOT),
    ast.UAdd: ("+", Level.FACTOR),
    ast.USub: ("-", Level.FACTOR),
    ast.Invert: ("~", Level.FACTOR),
}

BOOLEAN: dict[type[ast.boolop], tuple[str, Level]] = {
    ast.Or: ("or", Level.OR),
    ast.And: ("and", Level.AND),
}

COMPARISON: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}

# Node classes that always bind alike; the others are looked at below.
_FIXED: dict[type[ast.AST], Level] = {
    ast.Yield: Level.YIELD,
    ast.YieldFrom: Level.YIELD,
    ast.NamedExpr: Level.NAMED,
    ast.IfExp: Level.TEST,
    ast.Lambda: Level.TEST,
    ast.Compare: Level.COMPARISON,
    ast.Await: Level.AWAIT,
    ast.Call: Level.PRIMARY,
    ast.Attribute: Level.PRIMARY,
    ast.Subscript: Level.PRIMARY,
}


def needs_parentheses(operand: Operand) -> bool:
    """Whether the node would not be read back as one operand at this place."""
    node, required = operand
    if isinstance(node, ast.pattern):
        return pattern_level(node) < required
    if isinstance(node, ast.NamedExpr):
        return required != Level.NAMED
    return expression_level(node) < required


def expression_level(node: ast.expr) -> Level:
    match node:
        case ast.BinOp():
            return BINARY[type(node.op)][1]
        case ast.UnaryOp():
            return UNARY[type(node.op)][1]
        case ast.BoolOp():
            return BOOLEAN[type(node.op)][1]
        case ast.Tuple():
            return Level.TUPLE if node.elts else Level.ATOM
        case ast.Constant():
            return _constant_level(node.value)
        case _:
            return _FIXED.get(type(node), Level.ATOM)


def _constant_level(value: object) -> Level:
    """Numbers as `-1` or `1+2j` come from no parser, but optimised trees hold them."""
    if isinstance(value, complex):
        return Level.SUM if value.real else _sign_level(value.imag)
    if isinstance(value, float):
        return _sign_level(value)
    if isinstance(value, int) and not isinstance(value, bool):
        # `1.real` would be read as a malformed number.
        return Level.AWAIT if value >= 0 else Level.FACTOR
    return Level.ATOM


def _sign_level(value: float) -> Level:
    if value != value:  # printed as a difference of infinities
        return Level.SUM
    return Level.FACTOR if str(value).startswith("-") else Level.ATOM


def pattern_level(node: ast.pattern) -> PatternLevel:
    match node:
        case ast.MatchAs(pattern=inner):
            return PatternLevel.CLOSED if inner is None else PatternLevel.AS
        case ast.MatchOr():
            return PatternLevel.OR
        case _:
            return PatternLevel.CLOSED
