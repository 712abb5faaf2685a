"""dxc beside compileall: milliseconds of CPU for a thousand lines, and the use of both cores.

    python bench/dxc/dxc.py [MODULES]

Compiles a copy of part of the standard library (500 modules unless told otherwise) with
``python -m compileall`` and with dxc: into an empty store, again, after an edit in a trailing
comment, after a module was added, by one process and by all. CPU time is that of the command
with its children; the best of three counts. The last columns are the edges that ninja ran, how
many of them at once on the average by its own log, and the artifacts that the store gained.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

LIBRARY = Path(sysconfig.get_path("stdlib"))
REPEATS = 3


@dataclass(frozen=True, slots=True)
class Cost:
    cpu: float
    wall: float
    edges: int
    at_once: float
    artifacts: int


def measure(command: list[str], environment: dict[str, str]) -> Cost:
    store = Path(environment["DX_CACHE_DIR"])
    kept = count_artifacts(store)
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    edges = sum(line.startswith("[") for line in done.stdout.splitlines())
    at_once = edges_at_once(store) if edges > 1 else float(edges)
    return Cost(cpu, wall, edges, at_once, count_artifacts(store) - kept)


def edges_at_once(store: Path) -> float:
    """From the log of a new store's only build: start and end of each edge."""
    (log,) = store.glob("v1/builds/*/.ninja_log")
    rows = [line.split("\t") for line in log.read_text().splitlines()[1:]]
    # An edge has a row for each of its outputs.
    spans = {(int(row[0]), int(row[1])) for row in rows}
    busy = sum(end - start for start, end in spans)
    return busy / (max(end for _, end in spans) - min(start for start, _ in spans))


def count_artifacts(store: Path) -> int:
    return sum(1 for _ in store.glob("v1/objects/*/*"))


def copy_modules(target: Path, count: int) -> int:
    """The number of lines copied."""
    paths = sorted(path for path in LIBRARY.rglob("*.py") if not skipped(path))[:count]
    lines = 0
    for path in paths:
        place = target / path.relative_to(LIBRARY)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, place)
        lines += path.read_bytes().count(b"\n")
    return lines


def skipped(path: Path) -> bool:
    return bool({"site-packages", "test", "tests", "lib2to3", "idlelib"} & set(path.parts))


def best(costs: list[Cost]) -> Cost:
    return min(costs, key=lambda cost: cost.cpu)


def run(count: int, scratch: Path) -> None:
    tree, store = scratch / "tree", scratch / "store"
    lines = copy_modules(tree, count)
    environment = {**os.environ, "DX_CACHE_DIR": str(store)}
    for name in ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"):
        environment.pop(name, None)
    compileall = [sys.executable, "-I", "-m", "compileall", "-q", "-f"]
    dxc = [sys.executable, "-I", "-m", "dx_py.driver.dxc", "-v"]
    rows: dict[str, list[Cost]] = {}

    def row(name: str, command: list[str]) -> None:
        rows.setdefault(name, []).append(measure(command, environment))

    for repeat in range(REPEATS):
        row("compileall, 1 process", [*compileall, str(tree)])
        shutil.rmtree(store, ignore_errors=True)
        row("dxc, 1 process", [*dxc, "--engine", "process", str(tree)])
        shutil.rmtree(store, ignore_errors=True)
        row("dxc, all cores", [*dxc, str(tree)])
        row("dxc, nothing to do", [*dxc, str(tree)])
        edited = min(tree.glob("*.py"))
        edited.write_text(edited.read_text() + f"# {repeat}\n")
        row("dxc, a comment edited", [*dxc, str(tree)])
        (tree / f"new{repeat}.py").write_text(f"number = {repeat}\n")
        row("dxc, a module added", [*dxc, str(tree)])
    print(f"{count} modules, {lines:,} lines, {os.cpu_count()} cores")
    heads = ("CPU s", "wall s", "CPU/wall", "ms/1000 lines", "edges", "at once", "artifacts")
    print(f"{'':24}" + "".join(f"{head:>14}" for head in heads))
    for name, costs in rows.items():
        cost = best(costs)
        figures = (cost.cpu, cost.wall, cost.cpu / cost.wall, 1e6 * cost.cpu / lines)
        shown = "".join(f"{figure:14.2f}" for figure in figures)
        counts = f"{cost.edges:14}{cost.at_once:14.2f}{cost.artifacts:14}"
        print(f"{name:24}{shown}{counts}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        run(int(sys.argv[1]) if sys.argv[1:] else 500, Path(folder))
