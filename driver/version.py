"""``dx-py version``: the version of DX-Py, and the interpreter it is installed with."""

from __future__ import annotations

import platform
import sys
from importlib.metadata import version


def main(arguments: list[str]) -> int:
    """Print one line; any argument is a mistake."""
    if arguments:
        sys.stderr.write(f"dx-py version: '{arguments[0]}' is unexpected (it takes nothing)\n")
        return 2
    host = f"{platform.python_implementation()} {platform.python_version()}"
    sys.stdout.write(f"dx-py {version('dx-py')} ({host}, {sys.executable})\n")
    return 0
