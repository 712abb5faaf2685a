"""The C library ``dx_py.frontend._native``: source text to the body of an AST artifact."""

from __future__ import annotations

import sys
import unicodedata
from typing import Any

from dx_py.frontend._native import ffi, lib
from dx_py.frontend.syntax_error import Fault, Place

_MODES = {
    "exec": lib.DX_MODE_EXEC,
    "eval": lib.DX_MODE_EVAL,
    "single": lib.DX_MODE_SINGLE,
    "func_type": lib.DX_MODE_FUNC_TYPE,
}

_CLASSES: dict[int, type[Exception]] = {
    lib.DX_SYNTAX_ERROR: SyntaxError,
    lib.DX_INDENTATION_ERROR: IndentationError,
    lib.DX_TAB_ERROR: TabError,
    lib.DX_MEMORY_ERROR: MemoryError,
    lib.DX_RECURSION_ERROR: RecursionError,
}


def parse_body(
    text: bytes,
    *,
    mode: str,
    type_comments: bool,
    minor_version: int,
    allow_incomplete: bool,
    barry_as_bdfl: bool,
) -> bytes:
    """The msgpack body of the artifact of UTF-8 text. Raises Fault."""
    options = ffi.new("dx_options *", lib.dx_default_options())
    options.mode = _MODES[mode]
    options.minor_version = minor_version
    options.type_comments = type_comments
    options.allow_incomplete = allow_incomplete
    options.barry_as_bdfl = barry_as_bdfl
    options.max_int_digits = sys.get_int_max_str_digits()
    options.name_lookup = lib.dx_lookup_character
    error = ffi.new("dx_error *")
    tree = lib.dx_parse(ffi.from_buffer(text), len(text), options, error)
    if tree == ffi.NULL:
        raise _fault(error)
    try:
        return _write(tree, error)
    finally:
        lib.dx_ast_free(tree)


def grammar_digest() -> str:
    """Of the grammar that the library was built from."""
    return bytes(ffi.string(lib.dx_grammar_digest())).decode("ascii")


def _write(tree: Any, error: Any) -> bytes:  # noqa: ANN401 - cffi pointers
    size = ffi.new("size_t *")
    body = lib.dx_ast_write(tree, size, error)
    if body == ffi.NULL:
        raise _fault(error)
    try:
        return bytes(ffi.buffer(body, size[0]))
    finally:
        lib.dx_free(body)


def _fault(error: Any) -> Fault:  # noqa: ANN401 - a cffi struct
    message = bytes(ffi.string(error.message)).decode("utf-8", "replace")
    place = Place(error.line, error.column, error.end_line, error.end_column)
    return Fault(
        _CLASSES[error.kind],
        message,
        place if error.line else None,
        at_end=bool(error.at_end),
        from_lexer=bool(error.from_lexer),
    )


@ffi.def_extern(error=0)  # type: ignore[untyped-decorator]
def dx_lookup_character(_: Any, name: Any, size: int, text: Any) -> int:  # noqa: ANN401
    """``unicodedata.lookup`` for ``\\N{...}``; a named sequence is no character."""
    try:
        found = unicodedata.lookup(bytes(ffi.buffer(name, size)).decode("ascii"))
    except (KeyError, UnicodeDecodeError):
        return 0
    if len(found) != 1:
        return 0
    encoded = found.encode("utf-8", "surrogatepass")
    ffi.memmove(text, encoded, len(encoded))
    return len(encoded)
