"""Artifacts as dx_py.artifacts has them: b"DXA1", a CRC-32, [kind, schema, payload]."""

from __future__ import annotations

import os
import struct
import zlib
from typing import Any

from .msgpack_reader import unpack
from .msgpack_writer import pack

MAGIC = b"DXA1"
MOST_IN_FOLDER = 16


def seal(kind: str, schema: int, payload: Any) -> bytes:  # noqa: ANN401
    body = pack([kind, schema, payload])
    return MAGIC + struct.pack("<I", zlib.crc32(body)) + body


def unseal(data: bytes, kind: str, schema: int) -> Any:  # noqa: ANN401
    """The payload; raises ``ValueError`` unless the data are a whole artifact of this kind."""
    if data[:4] != MAGIC or data[4:8] != struct.pack("<I", zlib.crc32(data[8:])):
        raise ValueError("it is no whole artifact")
    found = unpack(data[8:])
    if found[:2] != [kind, schema]:
        raise ValueError(f"it is no {kind!r} of schema {schema}")
    return found[2]


def replace_file(path: str, data: bytes) -> None:
    """The file holds what it held or all of ``data``, at every moment."""
    temporary = f"{path}.{os.getpid()}"
    try:
        descriptor = open_new(temporary)
    except FileNotFoundError:
        make_private(os.path.dirname(path))
        descriptor = open_new(temporary)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    os.replace(temporary, path)


def keep_in_cache(path: str, data: bytes) -> None:
    """Write a file of a cache, one of 256 folders of which holds it; the oldest of a full
    folder goes."""
    is_new = not os.path.exists(path)
    replace_file(path, data)
    if is_new:
        with os.scandir(os.path.dirname(path)) as found:
            files = sorted(found, key=lambda entry: (entry.stat().st_mtime_ns, entry.name))
        for entry in files[:-MOST_IN_FOLDER]:
            os.unlink(entry.path)


def make_private(folder: str) -> None:
    """A folder and those above it that are missing, for their owner alone."""
    if os.path.isdir(folder):
        return
    make_private(os.path.dirname(folder))
    try:
        os.mkdir(folder, 0o700)
    except FileExistsError:
        # Another run made it meanwhile.
        return


def open_new(path: str) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    return os.open(path, flags | getattr(os, "O_BINARY", 0), 0o600)
