"""DX-Py's package manager against uv, in alternation, on the same requirements.

    python bench/pkg/against_uv.py --uv /path/to/uv --python /path/to/python3.12 [--rounds 7]

State of the caches: warm for both (each job runs once before it is counted), except for
``cold resolve``, which gives both an empty cache every time. The index may send no cache
headers, so both are told to trust kept pages: DX-Py by ``--index-max-age``, uv by
``cache-control`` in a configuration file. Figures are medians: CPU of the process and its
children, then wall, in milliseconds.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

SMALL = ["flask"]
MEDIUM = ["jupyter", "boto3", "black", "pytest"]
LONG = "600000"
UV_CONFIGURATION = """
[[index]]
url = "https://pypi.org/simple"
default = true
cache-control = { api = "max-age=600000", files = "max-age=365000000, immutable" }
"""


@dataclass(frozen=True)
class Job:
    """``prepare`` is not counted; ``ours`` and ``theirs`` are command lines."""

    name: str
    prepare: Callable[[str], None]
    ours: list[str]
    theirs: list[str]


class Bench:
    def __init__(self, folder: Path, uv: str, python: str) -> None:
        self.folder = folder
        self.uv = uv
        self.python = python
        self.configuration = folder / "uv.toml"
        self.configuration.write_text(UV_CONFIGURATION)

    def dx(self, *words: str) -> list[str]:
        return [sys.executable, "-I", "-m", "dx_py.driver", *words]

    def uv_words(self, *words: str) -> list[str]:
        return [self.uv, *words, "--config-file", str(self.configuration)]

    def path(self, side: str, name: str) -> str:
        return str(self.folder / f"{side}-{name}")

    def environments(self, side: str, *, pins: str = "") -> None:
        folder = self.path(side, "env")
        shutil.rmtree(folder, ignore_errors=True)
        run([self.uv, "venv", "-q", "-p", self.python, folder])
        if pins:
            command = self.sync(side, pins)
            run(command)
            run(command)

    def sync(self, side: str, pins: str) -> list[str]:
        folder = self.path(side, "env")
        if side == "dx":
            return self.dx("pip", "sync", "-q", "-p", folder, "--index-max-age", LONG, pins)
        return self.uv_words("pip", "sync", "-q", "--python", folder, pins)

    def install(self, side: str, pins: str) -> list[str]:
        folder = self.path(side, "env")
        words = ["pip", "install", "-q"]
        if side == "dx":
            own = ["-p", folder, "--index-max-age", LONG, "--no-deps", "-r", pins]
            return self.dx(*words, *own, "--no-warn-conflicts")
        return self.uv_words(*words, "--no-deps", "--python", folder, "-r", pins)

    def compile(self, side: str, source: str, *more: str) -> list[str]:
        output = self.path(side, "out.txt")
        if side == "dx":
            own = ["-p", self.python, "--index-max-age", LONG, "-o", output, "--upgrade"]
            return self.dx("pip", "compile", "-q", source, *own, *more)
        own = ["-p", self.python, "-o", output, "--upgrade"]
        return self.uv_words("pip", "compile", "-q", source, *own, *more)

    def jobs(self) -> list[Job]:
        small, medium = self.pins("small", SMALL), self.pins("medium", MEDIUM)
        source = str(self.folder / "medium.in")
        nothing = lambda side: None  # noqa: E731
        return [
            Job("create an environment",
                lambda side: shutil.rmtree(self.path(side, "new"), ignore_errors=True),
                self.dx("venv", "--without-pip", "-p", self.python, self.path("dx", "new")),
                [self.uv, "venv", "-q", "-p", self.python, self.path("uv", "new")]),
            Job("no-op sync, medium", nothing,
                self.sync("dx", medium), self.sync("uv", medium)),
            Job("warm install, small", self.environments,
                self.install("dx", small), self.install("uv", small)),
            Job("warm install, medium", self.environments,
                self.install("dx", medium), self.install("uv", medium)),
            Job("uninstall one", lambda side: self.environments(side, pins=small),
                self.dx("pip", "uninstall", "-q", "-y", "-p", self.path("dx", "env"), "flask"),
                [self.uv, "pip", "uninstall", "-q", "--python", self.path("uv", "env"),
                 "flask"]),
            Job("freeze, medium", nothing,
                self.dx("pip", "freeze", "-p", self.path("dx", "env")),
                [self.uv, "pip", "freeze", "--python", self.path("uv", "env")]),
            Job("compile, same inputs", nothing,
                self.compile("dx", source), self.compile("uv", source)),
            Job("compile, warm pages, resolved again", nothing,
                self.compile("dx", source, "--no-header", "--refresh-result"),
                self.compile("uv", source)),
        ]  # fmt: skip

    def pins(self, name: str, requirements: list[str]) -> str:
        source = self.folder / f"{name}.in"
        source.write_text("".join(f"{each}\n" for each in requirements))
        output = self.folder / f"{name}.txt"
        run(self.uv_words("pip", "compile", "-q", "-p", self.python, str(source),
                          "-o", str(output), "--no-annotate", "--no-header"))  # fmt: skip
        return str(output)


def run(command: list[str]) -> tuple[float, float]:
    """CPU and wall of a command, in milliseconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wall = time.perf_counter() - start
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu * 1000, wall * 1000


def measure(job: Job, rounds: int) -> None:
    results: dict[str, list[tuple[float, float]]] = {"dx": [], "uv": []}
    for round_number in range(rounds + 1):
        for side, command in (("dx", job.ours), ("uv", job.theirs)):
            job.prepare(side)
            found = run(command)
            if round_number:
                results[side].append(found)
    cells = []
    for side in ("uv", "dx"):
        cpu = statistics.median(each[0] for each in results[side])
        wall = statistics.median(each[1] for each in results[side])
        cells.append(f"{cpu:6.0f} / {wall:6.0f}")
    ratio = statistics.median(e[0] for e in results["uv"]) / max(
        1.0, statistics.median(e[0] for e in results["dx"])
    )
    print(f"| {job.name} | {cells[0]} | {cells[1]} | {ratio:.2f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--uv", required=True)
    parser.add_argument("--python", required=True)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    for name in list(os.environ):
        if name.startswith(("PIP_", "UV_")) or name in (
            "VIRTUAL_ENV",
            "PYTHONDONTWRITEBYTECODE",
        ):
            del os.environ[name]
    os.environ["PIP_CONFIG_FILE"] = os.devnull
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(Path(name), options.uv, options.python)
        print("| job | uv CPU / wall | dx-py CPU / wall | uv CPU : dx-py CPU |")
        print("|---|---|---|---|")
        for job in bench.jobs():
            if options.only in job.name:
                if "freeze" in job.name or "no-op" in job.name:
                    for side in ("dx", "uv"):
                        bench.environments(side, pins=str(bench.folder / "medium.txt"))
                measure(job, options.rounds)


main()
