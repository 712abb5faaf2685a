"""CPU time of starting a program: ``dx-py`` against ``python``.

    python bench/startup/startup.py path/to/bin/dx-py [alternations]

Runs both in alternation, with the same interpreter (the one beside the launcher) and warm
bytecode, and prints the mean CPU milliseconds (user and system, of the process and what it
replaced) of the faster half of the runs, which leaves out those that the machine disturbed.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from pathlib import Path

IMPORTS = "import argparse, json, pathlib, asyncio"
PROGRAMS = {"pass": ["-c", "pass"], IMPORTS: ["imports.py"], "-I": ["-I", "-c", "pass"]}
DISTURBING = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "PYTHONPATH")


def cpu_milliseconds(command: list[str], environ: dict[str, str]) -> float:
    child = os.posix_spawn(command[0], command, environ)
    _, status, usage = os.wait4(child, 0)
    if status:
        raise SystemExit(f"{command} ended with {status}")
    return (usage.ru_utime + usage.ru_stime) * 1000


def compare(commands: list[list[str]], alternations: int) -> list[float]:
    environ = {key: value for key, value in os.environ.items() if key not in DISTURBING}
    environ["VIRTUAL_ENV"] = str(Path(commands[0][0]).parent.parent)
    times: list[list[float]] = [[] for _ in commands]
    for _ in range(alternations + 3):
        for command, measured in zip(commands, times, strict=True):
            measured.append(cpu_milliseconds(command, environ))
    return [statistics.mean(sorted(row[3:])[: alternations // 2]) for row in times]


def main(launcher: str, alternations: int) -> None:
    python = str(Path(launcher).with_name("python"))
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        Path("imports.py").write_text(IMPORTS + "\n", encoding="utf-8")
        print(f"{'':42} python   dx-py   ratio")
        for name, arguments in PROGRAMS.items():
            commands = [[program, *arguments] for program in (python, launcher)]
            host, guest = compare(commands, alternations)
            print(f"{name:40} {host:6.2f} ms {guest:6.2f} ms  {guest / host:.3f}")


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 200)  # noqa: PTH100
