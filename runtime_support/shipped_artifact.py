"""The file in which an installed package brings along the code of a module.

    demo/module.py  ->  demo/__dx_py__/module.cpython-312.dxa   (.opt-1, .opt-2, .opt-3)

It is an artifact, read here without msgpack:

    ["shipped", 1, {"code": the msgpack of a `code` artifact, "codegen": version of the stage,
                    "distribution": "demo-1.0.dist-info", "host": "cpython-312-3531",
                    "level": 0, "module": "demo/module.py", "source": SHA-256 in hexadecimal}]
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    type Field = bytes | str | int

KIND = "shipped"
SCHEMA = 1
FOLDER = "__dx_py__"
_MAGIC = b"DXA1"
_HEADER_SIZE = 8
_HEAD = b"\x93\xa7shipped"
#: msgpack's tags -> how many bytes hold the length, or the number.
_BINARY = {0xC4: 1, 0xC5: 2, 0xC6: 4}
_TEXT = {0xD9: 1, 0xDA: 2}
_NUMBERS = {0xCC: 1, 0xCD: 2}


class OtherSchemaError(ValueError):
    """A file of another DX-Py."""


def host() -> str:
    """Names the bytecode: releases with the same magic number read each other's."""
    magic = sys.modules["_frozen_importlib_external"].MAGIC_NUMBER
    return f"{sys.implementation.cache_tag}-{int.from_bytes(magic[:2], 'little')}"


def file_of(module: str, level: int) -> str:
    """The file for ``module``, a path with ``/`` between its parts that ends in ``.py``."""
    folder, slash, name = module.rpartition("/")
    optimized = f".opt-{level}" if level else ""
    file = f"{name[:-3]}.{sys.implementation.cache_tag}{optimized}.dxa"
    return f"{folder}{slash}{FOLDER}/{file}"


def fields_of(data: bytes, crc32: Callable[[bytes], int]) -> dict[str, Field]:
    """The payload of a file; raises ValueError for what is none, or is damaged."""
    body = data[_HEADER_SIZE:]
    if data[:4] != _MAGIC or crc32(body) != int.from_bytes(data[4:_HEADER_SIZE], "little"):
        raise ValueError("damaged")
    return _fields(body)


def _fields(body: bytes) -> dict[str, Field]:
    if not body.startswith(_HEAD):
        raise ValueError("not a shipped artifact")
    schema, at = _value(body, len(_HEAD))
    if schema != SCHEMA:
        raise OtherSchemaError(f"schema {schema!r}, where this DX-Py reads schema {SCHEMA}")
    count = body[at] & 0x0F
    at += 1
    fields: dict[str, Field] = {}
    for _ in range(count):
        name, at = _value(body, at)
        fields[str(name)], at = _value(body, at)
    return fields


def _value(body: bytes, at: int) -> tuple[Field, int]:
    """A binary, text or small number, and where the next begins."""
    tag = body[at]
    at += 1
    if tag < 0x80:
        return tag, at
    if tag in _NUMBERS:
        end = at + _NUMBERS[tag]
        return int.from_bytes(body[at:end], "big"), end
    if tag & 0xE0 == 0xA0:
        end = at + (tag & 0x1F)
        return body[at:end].decode(), end
    width = _BINARY.get(tag) or _TEXT.get(tag) or 0
    if not width:
        raise ValueError(f"unexpected tag {tag}")
    start = at + width
    end = start + int.from_bytes(body[at:start], "big")
    return (body[start:end].decode() if tag in _TEXT else body[start:end]), end
