"""Where the artifacts of a folder's last test run are named."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from dx_py.artifacts.errors import DxError


def last_run(layout: Path, folder: Path) -> Path:
    """The pointer file that ``worker/last_run.py`` wrote; raises DxError if there is none."""
    key = hashlib.sha256(b"dx-test-run\0" + os.fsencode(folder)).hexdigest()
    path = layout / "runs" / key[:2] / key[2:]
    if not path.is_file():
        raise DxError(f"no test run of '{folder}' is known: run 'dx-py test' there first")
    return path
