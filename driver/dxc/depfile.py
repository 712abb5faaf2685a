"""What a compilation read, in the form that make and ninja read (gcc's -MD)."""

from __future__ import annotations

from dx_py.driver.dxc.engines import Request
from dx_py.driver.dxc.modules import folders_of


def format_depfile(target: str, request: Request) -> str:
    """One rule: the target depends on every module, and on every folder looked through."""
    read = [*(module.path for module in request.modules), *folders_of(request.paths)]
    lines = "".join(f" \\\n  {_escape(str(path))}" for path in sorted(read))
    return f"{_escape(target)}:{lines}\n"


def _escape(path: str) -> str:
    return path.replace("$", "$$").replace("#", "\\#").replace(" ", "\\ ")
