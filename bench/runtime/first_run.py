"""First runs: unmodified pyperformance programs with an empty store, then with a filled one.

    python bench/runtime/first_run.py BENCHMARKS ROUNDS NAME...

Each program does about a second of work in each of its results (``fixed_work``), under
``python`` and under ``dx-py`` with ``DX_JIT=1`` by turns, with a new store in each round; then
both once more by turns with the store that was filled. Printed are medians of the process's
CPU and wall time and the greatest memory, their ratios (above 1: dx-py is better), and the
worker's own CPU time and memory.
"""

from __future__ import annotations

import os
import statistics
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

import fixed_work

LAUNCHER = str(Path(sysconfig.get_path("scripts")) / "dx-py")
#: How often a worker that goes on is looked at.
LOOK_SECONDS = 0.05
WARM_PROCESSES = 4


def workers() -> dict[int, tuple[float, int]]:
    """The compile workers of this store's programs: CPU seconds and kilobytes by process."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if b"compile_worker" not in (folder / "cmdline").read_bytes():
                continue
            if STORE.encode() not in (folder / "environ").read_bytes():
                continue
            times = (folder / "stat").read_text().rpartition(")")[2].split()
            status = (folder / "status").read_text().splitlines()
        except OSError:
            continue
        peaks = [int(line.split()[1]) for line in status if line.startswith("VmHWM")]
        ticks = int(times[11]) + int(times[12])
        found[int(folder.name)] = ticks / os.sysconf("SC_CLK_TCK"), max(peaks, default=0)
    return found


STORE = ""


def await_workers() -> tuple[float, int]:
    """CPU seconds of all of them, and the greatest memory, once they have ended."""
    seen: dict[int, tuple[float, int]] = {}
    while now := workers():
        seen.update(now)
        time.sleep(LOOK_SECONDS)
    return sum(cpu for cpu, _ in seen.values()), max((kb for _, kb in seen.values()), default=0)


def measure(name: str, program: str, rounds: int) -> None:
    global STORE
    loops = fixed_work.find_loops(sys.executable, program)
    plain: list[fixed_work.Usage] = []
    first: list[fixed_work.Usage] = []
    later: list[fixed_work.Usage] = []
    beside: list[tuple[float, int]] = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        report = Path(folder, "report")

        def ours(into: list[fixed_work.Usage]) -> None:
            command = [LAUNCHER, "--python", sys.executable]
            settings = {"DX_JIT": "1", "DX_CACHE_DIR": STORE}
            into.append(fixed_work.run(command, program, loops, report, **settings))

        for number in range(rounds):
            STORE = f"{folder}/store{number}"
            plain.append(fixed_work.run([sys.executable], program, loops, report))
            ours(first)
            beside.append(await_workers())
        for _ in range(WARM_PROCESSES):
            ours([])
            await_workers()
        for _ in range(rounds):
            plain.append(fixed_work.run([sys.executable], program, loops, report))
            ours(later)
            await_workers()
    show(name, "empty", plain[:rounds], first, beside)
    show(name, "filled", plain[rounds:], later, [])


def show(name, store, plain, ours, beside):
    columns = []
    for field in ("cpu", "wall", "kilobytes"):
        one = statistics.median(getattr(usage, field) for usage in plain)
        other = statistics.median(getattr(usage, field) for usage in ours)
        columns.append(f"{field} {one:9.3f} {other:9.3f} {one / other:5.2f}")
    if beside:
        cpu, memory = (statistics.median(column) for column in zip(*beside, strict=True))
        columns.append(f"worker {cpu:.2f} s {memory:.0f} kB")
    print(f"{name:20s} {store:6s} | {' | '.join(columns)}", flush=True)


if __name__ == "__main__":
    for name in sys.argv[3:]:
        path = Path(sys.argv[1], f"bm_{name}", "run_benchmark.py")
        measure(name, str(path), int(sys.argv[2]))
