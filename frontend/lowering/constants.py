"""Numbers in instruction arguments, as CPython 3.12 defines them."""

from __future__ import annotations

import ast
from typing import Final

#: More values than this are not gathered on the operand stack.
STACK_LIMIT: Final = 30

BINARY_OPERATORS: Final[dict[type[ast.operator], int]] = {
    ast.Add: 0,
    ast.BitAnd: 1,
    ast.FloorDiv: 2,
    ast.LShift: 3,
    ast.MatMult: 4,
    ast.Mult: 5,
    ast.Mod: 6,
    ast.BitOr: 7,
    ast.Pow: 8,
    ast.RShift: 9,
    ast.Sub: 10,
    ast.Div: 11,
    ast.BitXor: 12,
}
#: What makes an operator's number that of its augmented assignment.
IN_PLACE: Final = 13

#: The comparison's number in the high bits; below, which orderings make it true.
COMPARISONS: Final[dict[type[ast.cmpop], tuple[str, int]]] = {
    ast.Lt: ("COMPARE_OP", 0 << 4 | 2),
    ast.LtE: ("COMPARE_OP", 1 << 4 | 10),
    ast.Eq: ("COMPARE_OP", 2 << 4 | 8),
    ast.NotEq: ("COMPARE_OP", 3 << 4 | 7),
    ast.Gt: ("COMPARE_OP", 4 << 4 | 4),
    ast.GtE: ("COMPARE_OP", 5 << 4 | 12),
    ast.Is: ("IS_OP", 0),
    ast.IsNot: ("IS_OP", 1),
    ast.In: ("CONTAINS_OP", 0),
    ast.NotIn: ("CONTAINS_OP", 1),
}
GREATER_OR_EQUAL: Final = COMPARISONS[ast.GtE][1]
EQUAL: Final = COMPARISONS[ast.Eq][1]

# CALL_INTRINSIC_1.
PRINT: Final = 1
IMPORT_STAR: Final = 2
STOP_ITERATION_ERROR: Final = 3
WRAP_ASYNC_VALUE: Final = 4
UNARY_POSITIVE: Final = 5
LIST_TO_TUPLE: Final = 6
TYPE_VAR: Final = 7
PARAM_SPEC: Final = 8
TYPE_VAR_TUPLE: Final = 9
SUBSCRIPT_GENERIC: Final = 10
TYPE_ALIAS: Final = 11
# CALL_INTRINSIC_2.
PREPARE_RERAISE_STAR: Final = 1
TYPE_VAR_WITH_BOUND: Final = 2
TYPE_VAR_WITH_CONSTRAINTS: Final = 3
SET_TYPE_PARAMETERS: Final = 4

# RESUME: after what.
AFTER_YIELD: Final = 1
AFTER_YIELD_FROM: Final = 2
AFTER_AWAIT: Final = 3

# GET_AWAITABLE: for whom.
AWAIT_EXPRESSION: Final = 0
AWAIT_ENTER: Final = 1
AWAIT_EXIT: Final = 2

# MAKE_FUNCTION: what is on the stack.
HAS_DEFAULTS: Final = 1
HAS_KEYWORD_DEFAULTS: Final = 2
HAS_ANNOTATIONS: Final = 4
HAS_CLOSURE: Final = 8
