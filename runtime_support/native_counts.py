"""How many instructions of a program were interpreted: ``DX_JIT_COUNT=FILE``, for measuring.

Each process appends a line to the file: its id and its count. What the same program counts
with ``DX_JIT_LIMIT=0``, which compiles nothing, is all it executes.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


_process = os.getpid()


def write(core: Any, path: str) -> None:  # noqa: ANN401
    """Forked children, which have their parent's count, write nothing."""
    if os.getpid() == _process:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(descriptor, f"{_process}\t{core.count_instructions()}\n".encode())
        os.close(descriptor)
