"""Real programs from start to end, by ``python`` and by ``dx-py`` with ``DX_JIT=1``.

    python bench/runtime/scripts.py [--rounds N] FOLDER [NAME...]

FOLDER gets an environment with the programs, which are pure Python, and their inputs. Each
begins with an empty store and runs three times, each run when the compile worker of the one
before has ended; then both interpreters run it by turns. Bytecode is cached, files are in the
system's cache, and no program has a cache of its own: what dxc compiles is changed for each
run. The time of a run is that of its process and its children, without the worker, which is
told beside it. Printed: the third run against the first run of ``python`` after it, and the
medians of the runs by turns.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import shutil
import statistics
import subprocess
import sys
import sysconfig
import time
import venv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
LAUNCHER = Path(sysconfig.get_path("scripts")) / "dx-py"
#: Built without mypyc.
FROM_SOURCE = ("mypy==2.4.1", "black==26.10.1")
OTHERS = ("sphinx==9.1.1", "furo==2025.12.19", "myst-parser==5.2.0", "sympy==1.14.0")
#: Times that a program runs before both take turns.
FIRST_RUNS = 3
SETTINGS = {"PYTHONHASHSEED": "0", "TZ": "UTC"}


@dataclass(frozen=True, slots=True)
class Program:
    """``arguments`` follow the interpreter's path, and name places in braces."""

    arguments: tuple[str, ...]
    own: bool = False  # under DX-Py's own interpreter


PROGRAMS = {
    "mypy": Program(("-m", "mypy", "--no-incremental", "--cache-dir=/dev/null", "-p", "click")),
    "black": Program(("-m", "black", "--check", "-q", "--workers=1", "{packages}/click")),
    "sphinx": Program(("-m", "sphinx", "-q", "-E", "-a", "{root}/docs", "{output}")),
    "sympy": Program(("{here}/sympy_script.py",)),
    "dxc": Program(
        ("-m", "dx_py.driver.dxc", "--engine", "process", "{changed}"),
        own=True,
    ),
}


@dataclass(frozen=True, slots=True)
class Cost:
    cpu: float
    wall: float

    def __str__(self) -> str:
        return f"{self.cpu:7.2f} s CPU {self.wall:7.2f} s"


def main() -> int:
    options = parse_arguments()
    adopt_orphans()
    folder = options.folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    bench = Bench(folder, environment(folder / "venv"))
    slower = [name for name in options.names or PROGRAMS if not bench.row(name, options.rounds)]
    print(f"slower than python: {', '.join(slower) or 'none'}")
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("names", nargs="*")
    return parser.parse_args()


def adopt_orphans() -> None:
    """What outlives a program, its compile worker, becomes a child: it can be waited for."""
    set_child_subreaper = 36  # prctl(2)
    if ctypes.CDLL(None).prctl(set_child_subreaper, 1, 0, 0, 0):
        raise SystemExit("the system has no subreapers")


def environment(folder: Path) -> Path:
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        venv.create(folder, with_pip=True, clear=True)
        pip = [python, "-m", "pip", "-q", "--disable-pip-version-check", "install"]
        names = ",".join(requirement.partition("==")[0] for requirement in FROM_SOURCE)
        subprocess.run([*pip, "--no-binary", names, *FROM_SOURCE, *OTHERS], check=True)
        (folder / "complete").touch()
    return python


@dataclass(frozen=True, slots=True)
class Bench:
    folder: Path
    python: Path

    def row(self, name: str, rounds: int) -> bool:
        """Measures a program; whether its third run was not slower by CPU."""
        program, store = PROGRAMS[name], self.folder / "store"
        shutil.rmtree(store, ignore_errors=True)
        python = Path(sys.executable) if program.own else self.python
        kept = {"DX_CACHE_DIR": str(store)}

        def host() -> Cost:
            return self.run([python, *self.words(program)], kept)

        def ours() -> Cost:
            command = [LAUNCHER, "--python", python, *self.words(program)]
            return self.run(command, kept | {"DX_JIT": "1"})

        host()
        for number in range(FIRST_RUNS):
            third = ours()
            print(f"{name:8} run {number + 1}: {third}, worker {wait_for_orphans():7.2f} s CPU")
        beside = host()
        print(f"{name:8} python: {beside}, third run {ratio(beside, third)}", flush=True)
        hosts, natives = by_turns(host, ours, rounds)
        print(f"{name:8} medians of {rounds}: python {hosts}, dx-py {natives}, ", end="")
        print(ratio(hosts, natives), flush=True)
        return third.cpu <= beside.cpu

    def words(self, program: Program) -> list[str]:
        """The arguments, once their places are as they are before each run."""
        version = f"python3.{sys.version_info.minor}"
        packages = self.python.parent.parent / "lib" / version / "site-packages"
        output, changed = self.folder / "output", self.folder / "changed"
        shutil.rmtree(output, ignore_errors=True)
        shutil.rmtree(changed, ignore_errors=True)
        shutil.copytree(packages / "click", changed)
        for path in changed.rglob("*.py"):
            path.write_text(f"{path.read_text()}\n_run = {time.monotonic_ns()}\n")
        places = {"packages": packages, "output": output, "changed": changed}
        places |= {"root": ROOT, "here": HERE}
        return [word.format_map(places) for word in program.arguments]

    def run(self, command: list[str | Path], settings: Mapping[str, str]) -> Cost:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "DX_"))}
        caches = {"BLACK_CACHE_DIR": str(self.folder / "no-cache")}
        shutil.rmtree(self.folder / "no-cache", ignore_errors=True)
        with (self.folder / "log").open("wb") as log:
            begun = time.perf_counter()
            child = subprocess.Popen(
                [str(word) for word in command],
                env=kept | SETTINGS | caches | settings,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
            _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode not in (0, 1):
            raise SystemExit(f"{command} ended with {child.returncode}: see {log.name}")
        return Cost(usage.ru_utime + usage.ru_stime, time.perf_counter() - begun)


def wait_for_orphans() -> float:
    """Seconds of CPU time of the workers that the last program left behind."""
    seconds = 0.0
    while True:
        try:
            _, _, usage = os.wait4(-1, 0)
        except ChildProcessError:
            return seconds
        seconds += usage.ru_utime + usage.ru_stime


def by_turns(
    host: Callable[[], Cost], ours: Callable[[], Cost], rounds: int
) -> tuple[Cost, Cost]:
    pairs = []
    for _ in range(rounds):
        pairs.append((host(), ours()))
        wait_for_orphans()
    return median([pair[0] for pair in pairs]), median([pair[1] for pair in pairs])


def median(costs: list[Cost]) -> Cost:
    return Cost(
        statistics.median(cost.cpu for cost in costs),
        statistics.median(cost.wall for cost in costs),
    )


def ratio(host: Cost, ours: Cost) -> str:
    return f"{host.cpu / ours.cpu:.2f}x by CPU, {host.wall / ours.wall:.2f}x by wall"


if __name__ == "__main__":
    sys.exit(main())
