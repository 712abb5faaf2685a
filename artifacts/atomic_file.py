"""Files that are always whole: written aside, then renamed into place."""

from __future__ import annotations

import os
from pathlib import Path

from dx_py.artifacts.location import make_private


def write_atomically(path: Path, data: bytes, *, scratch: Path) -> None:
    """``path`` holds either what it held or all of ``data``, at every moment.

    ``scratch`` is on the file system of ``path``; missing folders are created private.
    """
    make_private(scratch)
    temporary = scratch / os.urandom(8).hex()
    try:
        with temporary.open("xb") as file:
            file.write(data)
        _rename(temporary, path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def _rename(temporary: Path, path: Path) -> None:
    try:
        temporary.replace(path)
    except FileNotFoundError:
        make_private(path.parent)
        temporary.replace(path)
