"""dxc beside compileall: milliseconds of CPU for a thousand lines, and the use of both cores.

    python bench/dxc/dxc.py [MODULES]

Compiles a copy of part of the standard library (500 modules unless told otherwise) with
``python -m compileall`` and with dxc: into an empty store, again, after one edit, by one
process and by all. CPU time is that of the command with its children; the best of three counts.
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


def measure(command: list[str], environment: dict[str, str]) -> Cost:
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
    wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall)


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
    dxc = [sys.executable, "-I", "-m", "dx_py.driver.dxc"]
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
        row("dxc, one edit", [*dxc, str(tree)])
    print(f"{count} modules, {lines:,} lines, {os.cpu_count()} cores")
    print(f"{'':24}{'CPU s':>8}{'wall s':>8}{'CPU/wall':>10}{'ms/1000 lines':>15}")
    for name, costs in rows.items():
        cost = best(costs)
        each = 1e6 * cost.cpu / lines
        ratio = cost.cpu / cost.wall
        print(f"{name:24}{cost.cpu:8.2f}{cost.wall:8.2f}{ratio:10.2f}{each:15.2f}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        run(int(sys.argv[1]) if sys.argv[1:] else 500, Path(folder))
