"""A Python value into canonical msgpack: equal values give equal bytes.

Canonical means: the shortest form of every length and integer, floats always as 64 bits
(-0.0 and NaN payloads kept), dictionary entries in the order of their encoded keys, and
one extension type per Python type that msgpack lacks (``extension_types``). Exact types
only: a subclass of ``int`` or ``str`` would not come back as what it was.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from dx_py.artifacts import extension_types as ext

_FLOAT = struct.Struct(">d")
_COMPLEX = struct.Struct(">dd")
_U16 = struct.Struct(">BH")
_U32 = struct.Struct(">BI")
_SMALL_INTS = [bytes([n]) for n in range(128)]


def pack(value: object) -> bytes:
    """Raises TypeError for a type that has no form, RecursionError when nested too deeply."""
    out: list[bytes] = []
    _pack(value, out.append)
    return b"".join(out)


type Emit = Callable[[bytes], None]


def _pack(value: object, emit: Emit) -> None:
    packer = _PACKERS.get(type(value))
    if packer is None:
        raise TypeError(f"an artifact cannot hold {type(value).__name__!r}")
    packer(value, emit)


def _pack_constant(value: object, emit: Emit) -> None:
    emit(_CONSTANTS[value])


def _pack_int(value: int, emit: Emit) -> None:
    emit(_int_bytes(value))


def _int_bytes(value: int) -> bytes:
    if 0 <= value < 128:
        return _SMALL_INTS[value]
    if value > 0:
        for code, size in ((0xCC, 1), (0xCD, 2), (0xCE, 4), (0xCF, 8)):
            if value < 1 << (8 * size):
                return bytes([code]) + value.to_bytes(size)
    elif value >= -32:
        return value.to_bytes(1, signed=True)
    else:
        for code, size in ((0xD0, 1), (0xD1, 2), (0xD2, 4), (0xD3, 8)):
            if value >= -(1 << (8 * size - 1)):
                return bytes([code]) + value.to_bytes(size, signed=True)
    size = ((value if value >= 0 else ~value).bit_length() + 8) // 8
    return _extension(ext.BIG_INT, value.to_bytes(size, signed=True))


def _pack_str(value: str, emit: Emit) -> None:
    try:
        data = value.encode()
    except UnicodeEncodeError:
        emit(_extension(ext.SURROGATES, value.encode("utf-8", "surrogatepass")))
        return
    if len(data) < 32:
        emit(bytes([0xA0 | len(data)]))
    else:
        emit(_length(len(data), 0xD9, 0xDA, 0xDB))
    emit(data)


def _pack_bytes(value: bytes, emit: Emit) -> None:
    emit(_length(len(value), 0xC4, 0xC5, 0xC6))
    emit(value)


def _pack_list(value: list[Any], emit: Emit) -> None:
    emit(_array_head(len(value)))
    packers = _PACKERS
    for item in value:
        packer = packers.get(type(item))
        if packer is None:
            _pack(item, emit)
        else:
            packer(item, emit)


def _pack_dict(value: dict[Any, Any], emit: Emit) -> None:
    size = len(value)
    emit(bytes([0x80 | size]) if size < 16 else _long_head(size, 0xDE, 0xDF))
    for key, item in sorted((pack(key), item) for key, item in value.items()):
        emit(key)
        _pack(item, emit)


def _pack_tuple(value: tuple[Any, ...], emit: Emit) -> None:
    emit(_extension(ext.TUPLE, pack(list(value))))


def _pack_frozenset(value: frozenset[Any], emit: Emit) -> None:
    items = sorted(pack(item) for item in value)
    emit(_extension(ext.FROZENSET, _array_head(len(items)) + b"".join(items)))


def _pack_float(value: float, emit: Emit) -> None:
    emit(b"\xcb" + _FLOAT.pack(value))


def _pack_complex(value: complex, emit: Emit) -> None:
    emit(_extension(ext.COMPLEX, _COMPLEX.pack(value.real, value.imag)))


def _array_head(size: int) -> bytes:
    return bytes([0x90 | size]) if size < 16 else _long_head(size, 0xDC, 0xDD)


def _long_head(size: int, code16: int, code32: int) -> bytes:
    return _U16.pack(code16, size) if size < 1 << 16 else _U32.pack(code32, size)


def _length(size: int, code8: int, code16: int, code32: int) -> bytes:
    return bytes([code8, size]) if size < 256 else _long_head(size, code16, code32)


_FIXED_EXTENSION = {1: 0xD4, 2: 0xD5, 4: 0xD6, 8: 0xD7, 16: 0xD8}


def _extension(code: int, data: bytes) -> bytes:
    fixed = _FIXED_EXTENSION.get(len(data))
    head = _length(len(data), 0xC7, 0xC8, 0xC9) if fixed is None else bytes([fixed])
    return head + bytes([code]) + data


_CONSTANTS: dict[object, bytes] = {
    None: b"\xc0",
    False: b"\xc2",
    True: b"\xc3",
    ...: _extension(ext.ELLIPSIS, b""),
}

_PACKERS: dict[type, Callable[[Any, Emit], None]] = {
    type(None): _pack_constant,
    bool: _pack_constant,
    int: _pack_int,
    float: _pack_float,
    complex: _pack_complex,
    str: _pack_str,
    bytes: _pack_bytes,
    list: _pack_list,
    tuple: _pack_tuple,
    dict: _pack_dict,
    frozenset: _pack_frozenset,
    type(...): _pack_constant,
}
