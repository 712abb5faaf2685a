"""What a compilation read, in the form that make and ninja read (gcc's -MD)."""

from __future__ import annotations

from dx_py.driver.dxc.engines import Request
from dx_py.driver.dxc.modules import folders_of


def format_depfile(target: str, request: Request) -> str:
    """The target depends on every module, and on every folder looked through.

    Each of them is a target without a rule too (gcc's -MP): one that has gone is then no
    error, but a reason to build.
    """
    read = [*(module.path for module in request.modules), *folders_of(request.paths)]
    names = [_escape(str(path)) for path in sorted(read)]
    lines = "".join(f" \\\n  {name}" for name in names)
    return f"{_escape(target)}:{lines}\n" + "".join(f"{name}:\n" for name in names)


def _escape(path: str) -> str:
    return path.replace("$", "$$").replace("#", "\\#").replace(" ", "\\ ")
