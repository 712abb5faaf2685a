"""dxc beside other compilers for Python: milliseconds of CPU for a thousand lines.

    python bench/dxc/compilers.py [PYTHON]

Compiles the same modules of the standard library with ``compileall``, with ``dxc`` under
``python`` and under ``dx-py``, and with what PYTHON, an interpreter, has installed of Cython,
Nuitka and mypyc: as far as C, and as far as machine code. CPU time is that of the command with
its children, the best of three; what starts the C compiler runs once. What a compiler makes
differs: bytecode for CPython's interpreter, or an extension module.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

LIBRARY = Path(sysconfig.get_path("stdlib"))
MODULES = (
    "argparse.py",
    "configparser.py",
    "textwrap.py",
    "shlex.py",
    "heapq.py",
    "difflib.py",
)
LAUNCHER = Path(sysconfig.get_path("scripts")) / "dx-py"
REPEATS = 3

type Command = list[str | Path]


def cpu_of(command: Command, folder: Path, environment: dict[str, str]) -> float | None:
    """None where the command fails."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        print(f"{command}: {(done.stderr or done.stdout).strip().splitlines()[-1:]}")
        return None
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def tree(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in MODULES:
        shutil.copy(LIBRARY / name, folder)
    return folder


def bytecode_rows() -> dict[str, Command]:
    dxc: Command = ["-m", "dx_py.driver.dxc", "--engine", "process", "."]
    return {
        "compileall": [sys.executable, "-I", "-m", "compileall", "-q", "-f", "."],
        "dxc": [sys.executable, "-I", *dxc],
        "dxc under dx-py": [LAUNCHER, "--python", sys.executable, *dxc],
        "dxc under dx-py, DX_JIT=1": ["env", "DX_JIT=1", LAUNCHER, *dxc],
    }


def extension_rows(python: str) -> dict[str, Command]:
    cython: Command = [python, "-m", "cython", "-3", *MODULES]
    include = sysconfig.get_path("include")
    objects = f"for c in *.c; do cc -O2 -w -fPIC -I{include} -c $c; done"
    # One process a module: Nuitka compiles one at a time.
    nuitka = f"for m in *.py; do {python} -m nuitka --module {{}} $m || exit 1; done"
    return {
        "Cython, to C": cython,
        "Cython, with cc -O2": ["sh", "-c", f"{python} -m cython -3 *.py && {objects}"],
        "Nuitka, to C": ["sh", "-c", nuitka.format("--generate-c-only")],
        "Nuitka": ["sh", "-c", nuitka.format("--lto=no")],
        "mypyc": [python, "-m", "mypyc", "--ignore-missing-imports", *MODULES],
    }


def run(scratch: Path, python: str | None) -> None:
    hidden = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED")
    environment = {key: value for key, value in os.environ.items() if key not in hidden}
    environment["DX_CACHE_DIR"] = str(scratch / "store")
    folder = tree(scratch / "tree")
    lines = sum(path.read_bytes().count(b"\n") for path in folder.glob("*.py"))
    print(f"{len(MODULES)} modules, {lines:,} lines")
    for repeats, rows in (
        (REPEATS, bytecode_rows()),
        (1, extension_rows(python) if python else {}),
    ):
        for name, command in rows.items():
            costs = []
            for _ in range(repeats):
                shutil.rmtree(scratch / "store", ignore_errors=True)
                costs.append(cpu_of(command, tree(folder), environment))
            known = [cost for cost in costs if cost is not None]
            shown = f"{1e6 * min(known) / lines:12.1f}" if known else "      failed"
            print(f"{name:28}{shown}", flush=True)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        run(Path(place), sys.argv[1] if sys.argv[1:] else None)
