"""The outermost process: starts the controller, outlives it, leaves no process behind."""

from __future__ import annotations

import sys


def supervise(arguments: list[str]) -> int:
    try:
        import pytest
    except ImportError:
        sys.stderr.write(
            f"dx-py: pytest is not installed for '{sys.executable}'; "
            "install it there, for example with 'dx-py pip install pytest'\n"
        )
        return 4
    from .plugin import DxPlugin

    status = pytest.main(arguments, plugins=[DxPlugin()])
    sys.stdout.flush()
    return int(status)
