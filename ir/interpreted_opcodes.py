"""Instructions of CPython 3.12 that stay interpreted, by decision, and why.

With the handlers of ``ssa_construction`` these are all there are: a test says so. A function
that runs one of them stays interpreted as a whole, unless it is in a part that never runs, or
in a handler, which native code leaves to the interpreter anyway.
"""

from __future__ import annotations

from typing import Final

_HANDLER = "runs in an exception handler, which the interpreter does"
_GENERATOR = "belongs to asynchronous iteration, whose objects the interpreter alone can make"
_NAMES = "names of classes and modules are looked up in dicts: such code runs once"
_CELLS = "cells are shared with closures"
_PATTERN = "patterns check mapping and sequence protocols one by one"
_NEVER = "is never interpreted: a prefix, or known only to the compiler or interpreter"
_LATER = "one call into the interpreter's own routine: not faster natively"

_BY_REASON: Final[dict[str, str]] = {
    _HANDLER: "PUSH_EXC_INFO CHECK_EXC_MATCH CHECK_EG_MATCH WITH_EXCEPT_START"
    " POP_EXCEPT RERAISE CLEANUP_THROW END_ASYNC_FOR",
    _GENERATOR: "GET_AITER GET_ANEXT BEFORE_ASYNC_WITH",
    _NAMES: "STORE_NAME DELETE_NAME LOAD_NAME LOAD_LOCALS LOAD_BUILD_CLASS SETUP_ANNOTATIONS"
    " IMPORT_NAME IMPORT_FROM DELETE_GLOBAL LOAD_FROM_DICT_OR_GLOBALS"
    " LOAD_FROM_DICT_OR_DEREF",
    _CELLS: "DELETE_DEREF",
    _PATTERN: "GET_LEN MATCH_MAPPING MATCH_SEQUENCE MATCH_KEYS MATCH_CLASS",
    _LATER: "RAISE_VARARGS LOAD_ASSERTION_ERROR CALL_INTRINSIC_2",
    _NEVER: "CACHE INTERPRETER_EXIT RESERVED EXTENDED_ARG END_FOR SETUP_FINALLY SETUP_CLEANUP"
    " SETUP_WITH POP_BLOCK JUMP JUMP_NO_INTERRUPT LOAD_METHOD LOAD_SUPER_METHOD"
    " LOAD_ZERO_SUPER_METHOD LOAD_ZERO_SUPER_ATTR STORE_FAST_MAYBE_NULL",
}

#: Opcode -> why it has no handler. ``INSTRUMENTED_*`` forms stand for their base opcode.
INTERPRETED: Final[dict[str, str]] = {
    name: reason for reason, names in _BY_REASON.items() for name in names.split()
}
