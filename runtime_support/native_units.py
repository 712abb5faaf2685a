"""Native code of one code object as it lies in the store: its key, and its bytes.

Read in the user's process, which has no msgpack: the artifact's payload is one binary string,
a tuple in the marshal format without references, so that equal units have equal bytes.
"""

from __future__ import annotations

import marshal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType
    from typing import Any

    #: Pages of code, offset of the entry, rows of the address table; (opcode, routine, pc) of
    #: guards, paths of the routines, digests of their code, facts about classes.
    Unit = tuple[
        bytes,
        int,
        tuple[str, ...],
        tuple[tuple[str, int, int], ...],
        tuple[tuple[Any, ...], ...],
        tuple[bytes, ...],
        tuple[tuple[str, Any], ...],
    ]
    #: A unit, or why there is none; and what was kept of the code's samples. Under a key of its
    #: own also the plan of what to sample, or ("refused", why).
    Stored = tuple[Unit | str | tuple[Any, ...], bytes]

KIND = "native-unit"
SCHEMA = 1

#: Raise it whenever the same code and feedback may give another unit.
VERSION = 27

#: Without references: these depend on how many there are in the process that writes.
_FORMAT = 0


def unit_key(
    code: CodeType, target: tuple[str, str], sha256: Callable[[bytes], bytes]
) -> bytes:
    """The action under which a code object's latest unit is recorded."""
    host = f"{VERSION} {sys.version} {sys.implementation.cache_tag} {' '.join(target)}"
    return sha256(b"native-unit\0" + host.encode() + b"\0" + marshal.dumps(code, _FORMAT))


def encode_unit(stored: Stored) -> bytes:
    """The payload of a unit, or of the reason why there is none."""
    return marshal.dumps(stored, _FORMAT)


def decode_unit(body: bytes) -> Stored | None:
    """From an artifact's msgpack; None where it is of another kind or schema."""
    head = bytes([0x93, 0xA0 | len(KIND)]) + KIND.encode() + bytes([SCHEMA])
    if body[: len(head)] != head:
        return None
    widths = {0xC4: 1, 0xC5: 2, 0xC6: 4}
    width = widths.get(body[len(head)])
    if width is None:
        return None
    stored: Stored = marshal.loads(memoryview(body)[len(head) + 1 + width :])
    return stored
