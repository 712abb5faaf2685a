"""What observed programs cost under ``dx-py``, beside ``python``: none of it is native then.

    python bench/runtime/observers.py PYTHON BENCHMARKS ROUNDS NAME...

``PYTHON`` has coverage installed. Each of the pyperformance programs does the same work
(``fixed_work``) by turns under ``python``, under ``dx-py`` with ``DX_JIT=0`` and with
``DX_JIT=1``, for each observer. The store of the last is filled by runs without an observer.
Printed are the
medians of the CPU time, and of the ratios within a round.
"""

from __future__ import annotations

import json
import runpy
import statistics
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

import fixed_work

LAUNCHER = str(Path(sysconfig.get_path("scripts")) / "dx-py")
#: Arguments of the interpreter before the program's, its environment, and which part of the
#: loops is run: a traced program takes ten times as long.
OBSERVERS: dict[str, tuple[list[str], dict[str, str], float]] = {
    "nothing": ([], {}, 1),
    "pdb": (["-m", "pdb", "-c", "continue", "-c", "quit"], {}, 1),
    "cProfile": (["-m", "cProfile", "-o", "{folder}/profile"], {}, 0.3),
    "coverage, sys.settrace": (
        ["-m", "coverage", "run", "--data-file={folder}/coverage"],
        {"COVERAGE_CORE": "ctrace"},
        0.2,
    ),
    "coverage, sys.monitoring": (
        ["-m", "coverage", "run", "--data-file={folder}/coverage"],
        {"COVERAGE_CORE": "sysmon"},
        0.5,
    ),
    "sys.settrace": ([__file__, "--trace"], {}, 0.1),
}
WARM_PROCESSES, WORKER_SECONDS = 4, 4


def trace(frame, event, argument):
    return trace


def run_traced() -> None:
    del sys.argv[:2]
    sys.settrace(trace)
    runpy.run_path(sys.argv[0], run_name="__main__")
    sys.settrace(None)


def measure(name: str, program: str, python: str, rounds: int) -> None:
    whole = json.loads(fixed_work.find_loops(python, program))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        report, store = Path(folder, "report"), f"{folder}/store"
        ours = [LAUNCHER, "--python", python]
        sides = {
            "python": ([python], {}),
            "DX_JIT=0": (ours, {"DX_JIT": "0", "DX_CACHE_DIR": store}),
            "DX_JIT=1": (ours, {"DX_JIT": "1", "DX_CACHE_DIR": store}),
        }
        command, settings = sides["DX_JIT=1"]
        for _ in range(WARM_PROCESSES):
            fixed_work.run(command, program, json.dumps(whole), report, **settings)
            time.sleep(WORKER_SECONDS)
        for observer, (words, more, part) in OBSERVERS.items():
            loops = json.dumps({key: max(1, int(n * part)) for key, n in whole.items()})
            arguments = [word.format(folder=folder) for word in words]
            seconds: dict[str, list[float]] = {side: [] for side in sides}
            for _ in range(rounds):
                for side, (command, settings) in sides.items():
                    used = fixed_work.run(
                        [*command, *arguments], program, loops, report, **settings, **more
                    )
                    seconds[side].append(used.cpu)
            show(name, observer, seconds)


def show(name: str, observer: str, seconds: dict[str, list[float]]) -> None:
    host = seconds["python"]
    columns = [f"python {statistics.median(host):.3f} s"]
    for side in ("DX_JIT=0", "DX_JIT=1"):
        ratios = [ours / plain for ours, plain in zip(seconds[side], host, strict=True)]
        columns.append(f"{side} {statistics.median(ratios):.3f}")
    print(f"{name:14s} {observer:25s} {' | '.join(columns)}", flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "--trace":
        run_traced()
    else:
        for name in sys.argv[4:]:
            path = Path(sys.argv[2], f"bm_{name}", "run_benchmark.py")
            measure(name, str(path), sys.argv[1], int(sys.argv[3]))
