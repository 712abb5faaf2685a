"""Run a pyperformance program with as many loops as are given: the same work at each run.

    python bench/runtime/fixed_work.py PROGRAM [LOOPS [REPORT]]

``LOOPS`` is ``{result: loops}`` as JSON. Without it each result doubles its loops until they
take a tenth of a second, and the table of ten times as many is printed. At its end the process
writes its greatest memory in kilobytes to ``REPORT``.

What other scripts of this folder use: ``find_loops`` and ``run``, for any command that ends in
this file's arguments.
"""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
import time
import types
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

# The script's folder is where this is found.
import programs

LEAST_SECONDS, TIMES = 0.1, 10


class Runner(programs.Runner):
    """Loops by a table, or as many as take the time."""

    loops: ClassVar[dict[str, int]] = {}
    found: ClassVar[dict[str, int]] = {}

    def time(self, name, run):
        if name in self.loops:
            run(self.loops[name])
            return
        loops = 1
        while programs.seconds(run, loops) < LEAST_SECONDS:
            loops *= 2
        self.found[name] = loops * TIMES


@dataclass(frozen=True, slots=True)
class Usage:
    """Of one process, without the worker it may have started."""

    cpu: float
    wall: float
    kilobytes: int


def clean_environment(**settings: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "DX_"))}
    return kept | settings


def find_loops(python: str, program: str) -> str:
    """The JSON of the loops that take a second of each result."""
    done = subprocess.run(
        [python, __file__, program],
        env=clean_environment(),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()[-1]


def run(command: list[str], program: str, loops: str, report: Path, **settings: str) -> Usage:
    """``command`` with this file's arguments, as a process of its own."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [*command, __file__, program, loops, str(report)],
        env=clean_environment(**settings),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{command} {program}: exit status {process.returncode}")
    cpu = used.ru_utime + used.ru_stime
    return Usage(cpu, time.perf_counter() - start, int(report.read_text(encoding="ascii")))


def child(program, loops="{}", report=None):
    pyperf = types.ModuleType("pyperf")
    pyperf.Runner, pyperf.perf_counter = Runner, time.perf_counter
    pyperf.python_implementation = lambda: sys.implementation.name
    sys.modules["pyperf"] = pyperf
    Runner.loops = json.loads(loops)
    sys.argv = [program]
    sys.path.insert(0, str(Path(program).parent))
    runpy.run_path(program, run_name="__main__")
    if report is None:
        print(json.dumps(Runner.found))
        return
    # Of this process alone: rusage remembers the one that forked it, too.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    Path(report).write_text(peak.split()[1], encoding="ascii")


if __name__ == "__main__":
    child(*sys.argv[1:])
