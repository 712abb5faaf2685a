"""Find the function whose native code changes what a program does, then the pass.

usage: dx-py bisect TARGET [argument] ...

The program is run interpreted, then with native code of its first N functions, N halved until
one function makes the difference; then with the first N passes over that one. What is compared
is the exit status and all that is written. It must do the same whenever it is run.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dx_py.artifacts.errors import DxError
from dx_py.driver.command_line import usage_error
from dx_py.ir.environment import Program
from dx_py.passes.pipeline import native_passes

_HIDDEN: Final = ("DX_JIT", "DX_STATS", "DX_CACHE_DIR", "DX_OPT_BISECT", "DX_PROFILE_OUT")


@dataclass(frozen=True, slots=True)
class Run:
    """``outcome``: what is compared; ``functions``: who got native code, in this order."""

    outcome: tuple[int, bytes]
    functions: list[str]


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0] in ("-h", "--help"):
        print(__doc__)
        return 0 if arguments else usage_error("dx-py bisect", "which program?")
    return bisect(lambda settings: run(arguments, settings), print)


def bisect(run: Callable[[Mapping[str, str]], Run], tell: Callable[[str], None]) -> int:
    """``run``: the program under settings. 0 if there is nothing to find, else 1."""
    expected = run({"DX_JIT": "0"}).outcome
    if run({"DX_JIT": "0"}).outcome != expected:
        raise DxError("the program does not do the same whenever it is run")
    whole = run({"DX_JIT": "sync"})
    if whole.outcome == expected:
        tell(f"{len(whole.functions)} functions have native code, and nothing is different")
        return 0

    def spoils(**settings: str) -> bool:
        return run({"DX_JIT": "sync", **settings}).outcome != expected

    count = first(len(whole.functions), lambda n: spoils(DX_JIT_LIMIT=str(n)))
    if count is None:
        raise DxError("it goes wrong with all functions, and not with as many: run it again")
    last = run({"DX_JIT": "sync", "DX_JIT_LIMIT": str(count)}).functions[count - 1]
    tell(f"function {count} of {len(whole.functions)} spoils it: {last}")
    limit = str(count)
    names = [pass_.name for pass_ in native_passes(Program(()), lambda number: None)]
    passes = first(
        len(names), lambda n: spoils(DX_JIT_LIMIT=limit, DX_OPT_BISECT=str(n)), start=0
    )
    tell(_of_passes(passes, names))
    return 1


def _of_passes(count: int | None, names: list[str]) -> str:
    if count is None:
        return "no pass alone: it is right with the required passes and all others"
    if count == 0:
        return "without any pass but the required ones, too: SSA construction or lowering"
    return f"pass {count} of {len(names)} spoils it: {names[count - 1]}"


def first(last: int, is_bad: Callable[[int], bool], *, start: int = 1) -> int | None:
    """The least number from ``start`` to ``last`` that is bad, if all above one are."""
    low, high = start, last
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if is_bad(middle) else (middle + 1, high)
    return low if low <= last and is_bad(low) else None


def run(words: list[str], settings: Mapping[str, str]) -> Run:
    """The program under a store of its own: code of an earlier run would hide the order."""
    with tempfile.TemporaryDirectory() as folder:
        trace = Path(folder) / "trace"
        kept = {key: value for key, value in os.environ.items() if not key.startswith(_HIDDEN)}
        own = {"DX_CACHE_DIR": f"{folder}/store", "DX_JIT_TRACE": str(trace)}
        done = subprocess.run(
            [*_launcher(), "run", *words],
            env=kept | own | dict(settings),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        lines = trace.read_text(encoding="utf-8").splitlines() if trace.exists() else []
    return Run((done.returncode, done.stdout), [_place(line) for line in lines])


def _place(line: str) -> str:
    name, filename, number = line.split("\t")
    return f"{name} in {filename}, line {number}"


def _launcher() -> list[str]:
    native = Path(sysconfig.get_path("scripts")) / "dx-py"
    if native.exists():
        return [str(native)]
    return [sys.executable, "-I", "-m", "dx_py.driver.portable_launcher"]
