"""A code object into marshal bytes that depend on nothing but what the code says.

``marshal.dumps`` marks an object for sharing when its reference count is above one, so the
same code gives other bytes in another process. Here an object is shared when an equal one
was written before: every string, number, bytes and tuple is marked as it is first met.
``marshal.loads`` reads the result. Format: CPython 3.12, Python/marshal.c, version 4.

Users' programs load this file by its path too, so that it imports at run time nothing but
``marshal`` and ``struct``.
"""

from __future__ import annotations

import marshal
import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType
    from typing import Any, Final

REF: Final = 0x80
#: A frame with fast locals (``inspect.CO_OPTIMIZED``).
_CO_OPTIMIZED = 1
_CODE = type((lambda: None).__code__)
_LOCAL, _HIDDEN, _CELL, _FREE = 0x20, 0x10, 0x40, 0x80
_NAME_BYTES = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
_U32 = struct.Struct("<I")
_I32 = struct.Struct("<i")
_FLOAT = struct.Struct("<d")
_COMPLEX = struct.Struct("<dd")


def dumps(code: CodeType) -> bytes:
    """Equal code objects give equal bytes, in every process of one CPython version."""
    writer = _Writer()
    writer.write(code)
    return b"".join(writer.pieces)


def loads(data: bytes) -> CodeType:
    """Raises ValueError for bytes that hold no code object."""
    try:
        code = marshal.loads(data)
    except (EOFError, TypeError) as error:
        raise ValueError(f"not a marshalled code object: {error}") from None
    if isinstance(code, _CODE):
        return code
    raise ValueError(f"not a marshalled code object but a {type(code).__name__}")


class _Writer:
    """Writes values in the order of the format, numbering those that may be referred to."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self._numbers: dict[object, int] = {}

    def write(self, value: Any) -> None:  # noqa: ANN401
        kind = type(value)
        if kind is str:
            key = value
        elif kind is int and -(1 << 31) <= value < 1 << 31:
            self.pieces.append(b"i" + _I32.pack(value))
            return
        elif kind in _SINGLETON_TYPES:
            self.pieces.append(_SINGLETONS[value])
            return
        else:
            key = _key(value)
        number = self._numbers.get(key)
        if number is not None:
            self.pieces.append(b"r" + _U32.pack(number))
            return
        write = _WRITERS.get(kind)
        if write is None:
            raise TypeError(f"a code object cannot hold {kind.__name__!r}")
        self._number(key)
        write(self, value)

    def _number(self, key: object) -> None:
        self._numbers[key] = len(self._numbers)

    def _head(self, kind: bytes, *parts: bytes) -> None:
        self.pieces.append(bytes([kind[0] | REF]))
        self.pieces.extend(parts)

    def _write_long(self, value: int) -> None:
        magnitude, digits = abs(value), []
        while magnitude:
            digits.append((magnitude & 0x7FFF).to_bytes(2, "little"))
            magnitude >>= 15
        size = len(digits) if value > 0 else -len(digits)
        self._head(b"l", _I32.pack(size), *digits)

    def _write_str(self, value: str) -> None:
        if not value.isascii():
            data = value.encode("utf-8", "surrogatepass")
            self._head(b"u", _U32.pack(len(data)), data)
            return
        data = value.encode("ascii")
        is_name = _NAME_BYTES.issuperset(data)
        if len(data) < 256:
            self._head(b"Z" if is_name else b"z", bytes([len(data)]), data)
        else:
            self._head(b"A" if is_name else b"a", _U32.pack(len(data)), data)

    def _write_bytes(self, value: bytes) -> None:
        self._head(b"s", _U32.pack(len(value)), value)

    def _write_float(self, value: float) -> None:
        self._head(b"g", _FLOAT.pack(value))

    def _write_complex(self, value: complex) -> None:
        self._head(b"y", _COMPLEX.pack(value.real, value.imag))

    def _write_tuple(self, value: tuple[Any, ...]) -> None:
        if len(value) < 256:
            self._head(b")", bytes([len(value)]))
        else:
            self._head(b"(", _U32.pack(len(value)))
        for item in value:
            self.write(item)

    def _write_frozenset(self, value: frozenset[Any]) -> None:
        self._head(b">", _U32.pack(len(value)))
        for item in sorted(value, key=_alone):
            self.write(item)

    def _write_code(self, code: CodeType) -> None:
        names, kinds = _locals_plus(code)
        counts = (
            code.co_argcount,
            code.co_posonlyargcount,
            code.co_kwonlyargcount,
            code.co_stacksize,
            code.co_flags,
        )
        self._head(b"c", *map(_U32.pack, counts))
        for value in (
            code.co_code,
            code.co_consts,
            code.co_names,
            names,
            kinds,
            code.co_filename,
            code.co_name,
            code.co_qualname,
        ):
            self.write(value)
        self.pieces.append(_I32.pack(code.co_firstlineno))
        self.write(code.co_linetable)
        self.write(code.co_exceptiontable)


_WRITERS: dict[type, Callable[[_Writer, Any], None]] = {
    int: _Writer._write_long,
    str: _Writer._write_str,
    bytes: _Writer._write_bytes,
    float: _Writer._write_float,
    complex: _Writer._write_complex,
    tuple: _Writer._write_tuple,
    frozenset: _Writer._write_frozenset,
    _CODE: _Writer._write_code,
}

_SINGLETONS: dict[object, bytes] = {None: b"N", True: b"T", False: b"F", ...: b"."}
_SINGLETON_TYPES = frozenset(map(type, _SINGLETONS))


def _alone(value: object) -> bytes:
    """The bytes of a value written by itself: an order that no hash changes."""
    writer = _Writer()
    writer.write(value)
    return b"".join(writer.pieces)


def _key(value: object) -> object:
    """Equal for exactly the values that may be one object.

    Never compares str with bytes, which ``python -bb`` forbids. Equal functions on two lines
    are two objects: a code object's key, and that of a tuple holding one, is equal to no other.
    """
    kind = type(value)
    if kind is str:
        return value
    if kind is tuple:
        assert isinstance(value, tuple)
        if _ONLY_STRINGS.issuperset(map(type, value)):
            return tuple, value
        return tuple, tuple(map(_key, value))
    if kind is frozenset:
        assert isinstance(value, frozenset)
        return frozenset, frozenset(map(_key, value))
    if isinstance(value, float):
        return float, _FLOAT.pack(value)
    if isinstance(value, complex):
        return complex, _COMPLEX.pack(value.real, value.imag)
    return object() if kind is _CODE else (kind, value)


_ONLY_STRINGS = frozenset({str})


def _locals_plus(code: CodeType) -> tuple[tuple[str, ...], bytes]:
    """The names of a frame's variables in their order, and what each is.

    The variables of a module or class body are those of comprehensions inlined into it
    (PEP 709), which the compiler marks as hidden. Such a variable shares its name with a free
    one, but not its place.
    """
    local = _LOCAL if code.co_flags & _CO_OPTIMIZED else _LOCAL | _HIDDEN
    kinds = dict.fromkeys(code.co_varnames, local)
    for name in code.co_cellvars:
        kinds[name] = kinds.get(name, 0) | _CELL
    free = code.co_freevars
    return (*kinds, *free), bytes([*kinds.values(), *(_FREE for _ in free)])
