"""A code object <-> the body of an artifact of kind ``code``, without msgpack.

    ["code", 1, {"code": marshal bytes, "warned": whether compiling it warned}]

The marshal bytes hold no file name; it is put in when the code is loaded. ``warned`` is kept
because the host warns whenever it compiles and never when it reads a .pyc.
"""

from __future__ import annotations

import marshal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType

KIND = "code"
SCHEMA = 1
#: msgpack up to the length of the marshal bytes, for each size that the length may have.
_PREFIXES = {
    size: b"\x93\xa4code\x01\x82\xa4code" + bytes([0xC3 + size.bit_length()])
    for size in (1, 2, 4)
}
_HEAD = len(_PREFIXES[1])
_SUFFIXES = {False: b"\xa6warned\xc2", True: b"\xa6warned\xc3"}
_CODE = type((lambda: None).__code__)
_fix_filename = sys.modules["_imp"]._fix_co_filename


def encode(code: CodeType, dumps: Callable[[CodeType], bytes], *, warned: bool) -> bytes:
    """The canonical msgpack; ``dumps`` is ``dx_py.artifacts.code_marshal``'s.

    ``code``, which nothing may be running yet, is unchanged when this returns.
    """
    filename = code.co_filename
    _fix_filename(code, "")
    try:
        data = dumps(code)
    finally:
        _fix_filename(code, filename)
    return wrap(data, warned=warned)


def wrap(data: bytes, *, warned: bool) -> bytes:
    """The canonical msgpack of marshal bytes without a file name."""
    size = 1 if len(data) < 1 << 8 else 2 if len(data) < 1 << 16 else 4
    return _PREFIXES[size] + len(data).to_bytes(size, "big") + data + _SUFFIXES[warned]


def decode(body: bytes) -> tuple[bytes, bool]:
    """The marshal bytes and ``warned``; raises ValueError for another kind or schema."""
    for size, prefix in _PREFIXES.items():
        if body.startswith(prefix):
            start = _HEAD + size
            end = start + int.from_bytes(body[_HEAD:start], "big")
            for warned, suffix in _SUFFIXES.items():
                if body[end:] == suffix:
                    return body[start:end], warned
    raise ValueError(f"not a code artifact of schema {SCHEMA}, which this DX-Py reads")


def load(data: bytes, filename: str) -> CodeType:
    """Marshal bytes as a new code object of the file ``filename``."""
    code = marshal.loads(data)
    if type(code) is not _CODE:
        raise ValueError("not a code object")
    _fix_filename(code, filename)
    return code
