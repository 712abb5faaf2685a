"""Blocks that a jump or a return leaves through: loops, handlers, `with` and `finally`."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from enum import Enum, auto

from dx_py.ir.code_unit import Block


class FrameBlockKind(Enum):
    WHILE_LOOP = auto()
    FOR_LOOP = auto()
    TRY = auto()
    #: The body of a `try` with `finally`; leaving it runs the `finally` statements.
    FINALLY_BODY = auto()
    #: The `finally` statements while an exception waits.
    FINALLY_END = auto()
    WITH = auto()
    ASYNC_WITH = auto()
    HANDLER = auto()
    STAR_HANDLER = auto()
    #: The body of one `except` clause, which may have a name to unbind.
    HANDLER_BODY = auto()
    #: A value to return waits on the stack.
    VALUE = auto()
    #: Nothing to do on the way out.
    PLAIN = auto()


@dataclass(frozen=True, slots=True)
class FrameBlock:
    """``start`` is where `continue` goes, ``end`` where `break` goes, for loops only."""

    kind: FrameBlockKind
    start: Block | None = None
    end: Block | None = None
    finally_body: tuple[ast.stmt, ...] = ()
    statement: ast.stmt | None = None
    name: str | None = None
