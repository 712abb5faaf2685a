"""CPU time of starting a program: ``dx-py`` against ``python``.

    python bench/startup/startup.py path/to/bin/dx-py [alternations]

Runs both in alternation, with the same interpreter (the one beside the launcher) and warm
bytecode, and prints the mean CPU milliseconds (user and system, of the process and what it
replaced) of the faster half of the runs, which leaves out those that the machine disturbed.

The rows: with no store yet; with a store, as it is after the first ``dxc`` or
``--compile=all``; a script with imports, with .pyc files; the same from artifacts alone.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

GOAL = 1.10
IMPORTS = "import argparse, json, pathlib, asyncio"
DISTURBING = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "PYTHONPATH", "VIRTUAL_ENV")


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    arguments: tuple[str, ...]
    has_store: bool
    options: tuple[str, ...] = ()


ROWS = (
    Row("-c pass, no store yet", ("-c", "pass"), has_store=False),
    Row("-c pass, with a store", ("-c", "pass"), has_store=True),
    Row("script with imports, no store yet", ("imports.py",), has_store=False),
    Row("script with imports, with a store", ("imports.py",), has_store=True),
    Row("-c pass, --compile=all, warm", ("-c", "pass"), True, ("run", "--compile=all")),
    Row("script, --compile=all, warm", ("imports.py",), True, ("run", "--compile=all")),
)


def cpu_milliseconds(command: list[str], environ: dict[str, str]) -> float:
    child = os.posix_spawn(command[0], command, environ)
    _, status, usage = os.wait4(child, 0)
    if status:
        raise SystemExit(f"{command} ended with {status}")
    return (usage.ru_utime + usage.ru_stime) * 1000


def compare(
    commands: list[list[str]], environ: dict[str, str], alternations: int
) -> list[float]:
    times: list[list[float]] = [[] for _ in commands]
    for _ in range(alternations + 3):
        for command, measured in zip(commands, times, strict=True):
            measured.append(cpu_milliseconds(command, environ))
    return [statistics.mean(sorted(row[3:])[: alternations // 2]) for row in times]


def measure(row: Row, launcher: str, store: Path, alternations: int) -> None:
    python = str(Path(launcher).with_name("python"))
    environ = {key: value for key, value in os.environ.items() if key not in DISTURBING}
    environ["VIRTUAL_ENV"] = str(Path(launcher).parent.parent)
    environ["DX_CACHE_DIR"] = str(store)
    shutil.rmtree(store, ignore_errors=True)
    if row.has_store:
        warm = [launcher, "run", "--compile=all", *row.arguments]
        for _ in range(2):
            cpu_milliseconds(warm, environ)
    commands = [[python, *row.arguments], [launcher, *row.options, *row.arguments]]
    host, guest = compare(commands, environ, alternations)
    ratio = guest / host
    verdict = "" if row.options or ratio <= GOAL else "  missed"
    print(f"{row.name:36} {host:6.2f} ms {guest:6.2f} ms  {ratio:.3f}{verdict}", flush=True)


def main(launcher: str, alternations: int) -> None:
    with tempfile.TemporaryDirectory(dir=Path.home()) as folder:
        os.chdir(folder)
        Path("imports.py").write_text(IMPORTS + "\n", encoding="utf-8")
        print(f"{'':36}   python     dx-py  ratio (at most {GOAL:.2f})")
        for row in ROWS:
            measure(row, launcher, Path(folder, "store"), alternations)


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 200)  # noqa: PTH100
