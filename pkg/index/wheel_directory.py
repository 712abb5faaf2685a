"""One entry of a wheel's directory, found without making objects of its thousands of others.

The places are those of PKWARE's APPNOTE 6.3: end of central directory (4.3.16), file headers
in it (4.3.12), local file headers (4.3.7). What is not as plain as wheels are is left to
`zipfile`, which also unpacks and checks what is found here.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

_END = struct.Struct("<4s4H2LH")
_HEADER = struct.Struct("<4s6H3L5H2L")
#: The last fields of a local header, the sizes of name and extra field.
_LOCAL = struct.Struct("<26x2H")
#: Where a header in the directory says where its local header is.
_OFFSET = 42
#: A local header's extra field may be longer than the directory's.
_SLACK = 512
_MOST_ENTRIES = 0xFFFF
_MOST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Directory:
    """Where the central directory lies in the file."""

    start: int
    size: int


@dataclass(frozen=True, slots=True)
class Member:
    """An entry: its header in the directory, and where it begins and most likely ends."""

    header: bytes
    start: int
    end: int
    packed: int


def directory_of(tail: bytes, total: int) -> Directory | None:
    """``tail`` are the last bytes of a file of ``total``; None for an unusual archive."""
    at = len(tail) - _END.size
    if at < 0 or tail[at : at + 4] != b"PK\5\6":
        return None  # none, or with a comment
    _, _, _, _, count, size, start, comment = _END.unpack_from(tail, at)
    is_plain = comment == 0 and count < _MOST_ENTRIES and start + size + _END.size == total
    return Directory(start, size) if is_plain else None


def find_members(directory: bytes, ending: bytes, limit: int) -> list[Member] | None:
    """Those whose name ends so; ``limit`` is where the directory starts. None: unusual."""
    found: list[Member] = []
    at = 0
    while at < len(directory):
        if len(directory) - at < _HEADER.size or directory[at : at + 4] != b"PK\1\2":
            return None
        fields = _HEADER.unpack_from(directory, at)
        packed, name_size, extra_size, comment_size = fields[8], *fields[10:13]
        stop = at + _HEADER.size + name_size
        after = stop + extra_size + comment_size
        if directory.endswith(ending, at + _HEADER.size, stop):
            if packed > _MOST_BYTES:
                return None
            start = fields[16]
            size = _LOCAL.size + name_size + extra_size + _SLACK + packed
            found.append(Member(directory[at:after], start, min(start + size, limit), packed))
        at = after
    return found


def archive_of(member: Member, content: bytes) -> bytes | None:
    """An archive of that entry alone; ``content`` is from its start to its end."""
    if len(content) < _LOCAL.size:
        return None
    name_size, extra_size = _LOCAL.unpack_from(content)
    if len(content) < _LOCAL.size + name_size + extra_size + member.packed:
        return None
    header = member.header[:_OFFSET] + bytes(4) + member.header[_OFFSET + 4 :]
    end = _END.pack(b"PK\5\6", 0, 0, 1, 1, len(header), len(content), 0)
    return content + header + end
