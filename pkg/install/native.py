"""The library in C (``pkg/native``): a change executed, a command answered, a key computed."""

from __future__ import annotations

import os
from functools import cache
from typing import Any, NamedTuple

_ASK_PYTHON = -1


class Reply(NamedTuple):
    """What a command prints, and its exit status."""

    status: int
    out: str
    err: str


@cache
def library() -> Any | None:  # noqa: ANN401 - cffi's objects have no types
    """The library, or None where there is none or ``DX_PORTABLE=1`` says to do without."""
    if os.environ.get("DX_PORTABLE") == "1":
        return None
    try:
        from dx_py.pkg import _native
    except ImportError:
        return None
    return _native


def apply_order(order: bytes) -> str | None:
    """Execute what `natively` describes; None, or what went wrong, with a hint on line two."""
    native = library()
    assert native is not None, "it was asked whether there is one"
    problem = native.lib.dx_pkg_apply_order(order, len(order))
    return None if problem == native.ffi.NULL else _taken(native, problem)


def answer(words: list[str]) -> Reply | None:
    """The reply to ``pip`` or ``venv`` with arguments, if it is known without Python."""
    native = library()
    if native is None:
        return None
    texts = _texts(native, words)
    out, err = native.ffi.new("char **"), native.ffi.new("char **")
    status = native.lib.dx_pkg_answer(native.ffi.NULL, _array(native, texts), out, err)
    if status == _ASK_PYTHON:
        return None
    return Reply(status, _taken(native, out[0]), _taken(native, err[0]))


def answer_key(words: list[str], prefix: str) -> str:
    """The key under which an answer may be kept, or the empty string."""
    native = library()
    if native is None:
        return ""
    texts, key = _texts(native, words), native.ffi.new("char[65]")
    array = _array(native, texts)
    if native.lib.dx_pkg_answer_key(array, os.fsencode(prefix), key):
        return ""
    return str(native.ffi.string(key).decode())


def note_state(words: list[str], prefix: str, text: str) -> None:
    """Note that ``sync`` with these words has nothing to do now; under the lock."""
    native = library()
    if native is not None:
        texts = _texts(native, words)
        array = _array(native, texts)
        native.lib.dx_pkg_note_state(array, os.fsencode(prefix), os.fsencode(text))


def _texts(native: Any, words: list[str]) -> list[Any]:  # noqa: ANN401
    """The caller keeps them: what `_array` makes points into them."""
    return [native.ffi.new("char[]", os.fsencode(word)) for word in words]


def _array(native: Any, texts: list[Any]) -> Any:  # noqa: ANN401
    return native.ffi.new("char *[]", [*texts, native.ffi.NULL])


def _taken(native: Any, text: Any) -> str:  # noqa: ANN401
    copied = os.fsdecode(native.ffi.string(text))
    native.lib.dx_pkg_free(text)
    return copied
