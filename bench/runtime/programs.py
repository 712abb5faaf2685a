"""Unmodified pyperformance programs under ``python`` and under ``dx-py``, in alternation.

    python bench/runtime/programs.py BENCHMARKS MODE ROUNDS NAME...

``BENCHMARKS`` is the folder ``pyperformance/data-files/benchmarks`` of an installed or
unpacked pyperformance. ``MODE`` is for ``DX_JIT``: ``1`` compiles what gets faster, ``sync``
whatever it can. Each program first runs some times, so that the store holds its code; then both
interpreters run it in fresh processes by turns, and each process times the last three of six
runs by its own CPU time; a run does as many loops as take a tenth of a second. Printed:
medians, their ratio, and what the tier says.
"""

from __future__ import annotations

import asyncio
import json
import os
import runpy
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
import types
from pathlib import Path

LAUNCHER = Path(sysconfig.get_path("scripts")) / "dx-py"
WARM_RUNS, TIMED_RUNS = 3, 3
#: A shorter run says more of the code's way into the tier than of the code.
LEAST_SECONDS = 0.1
#: No process waits for its code: it is there in a later one, once the worker had its time.
WARM_PROCESSES, WORKER_SECONDS = 6, 4


class Runner:
    """What the programs use of ``pyperf.Runner``: run the function, and time it."""

    def __init__(self, **_):
        import argparse

        self.argparser = argparse.ArgumentParser()
        self.metadata = {}

    def parse_args(self, args=None):
        self.args = self.argparser.parse_args([] if args is None else args)
        return self.args

    def bench_time_func(self, name, function, *args, **_):
        self.time(name, lambda loops: function(loops, *args))

    def bench_func(self, name, function, *args, **_):
        def run(loops):
            for _ in range(loops):
                function(*args)

        self.time(name, run)

    def bench_async_func(self, name, function, *args, **_):
        def run(loops):
            for _ in range(loops):
                asyncio.run(function(*args))

        self.time(name, run)

    def time(self, name, run):
        loops = 1
        while seconds(run, loops) < LEAST_SECONDS:
            loops *= 2
        for _ in range(WARM_RUNS):
            run(loops)
        timed = [seconds(run, loops) / loops for _ in range(TIMED_RUNS)]
        print(json.dumps([name, min(timed)]), flush=True)


def seconds(run, loops):
    start = time.process_time()
    run(loops)
    return time.process_time() - start


def child(program):
    pyperf = types.ModuleType("pyperf")
    pyperf.Runner, pyperf.perf_counter = Runner, time.perf_counter
    sys.modules["pyperf"] = pyperf
    sys.argv = [program]
    sys.path.insert(0, str(Path(program).parent))
    runpy.run_path(program, run_name="__main__")


def measure(command, environment):
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True, timeout=600
    )
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]
    return dict(lines), done.stderr.strip().splitlines()[:1]


def main(benchmarks, mode, rounds, names):
    # A worker may still be writing when the last program has ended.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "DX_"))}
        native = kept | {"DX_CACHE_DIR": folder, "DX_JIT": mode, "DX_STATS": "1"}
        for name in names:
            program = str(Path(benchmarks, f"bm_{name}", "run_benchmark.py"))
            plain = [sys.executable, __file__, "--child", program]
            ours = [str(LAUNCHER), "--python", *plain]
            for _ in range(WARM_PROCESSES):
                measure(ours, native)
                time.sleep(WORKER_SECONDS)
            report(name, plain, ours, kept, native, rounds)


def report(name, plain, ours, kept, native, rounds):
    host, tier, told = {}, {}, []
    for _ in range(rounds):
        for command, environment, table in ((plain, kept, host), (ours, native, tier)):
            results, told = measure(command, environment)
            for result, timed in results.items():
                table.setdefault(result, []).append(timed)
    for result, timed in host.items():
        a, b = statistics.median(timed), statistics.median(tier[result])
        print(
            f"{result:20s} {a * 1e3:9.3f} ms {b * 1e3:9.3f} ms {a / b:6.2f}x  {told}",
            flush=True,
        )


if __name__ == "__main__":
    if sys.argv[1] == "--child":
        child(sys.argv[2])
    else:
        main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4:])
