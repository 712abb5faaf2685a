"""DX-Py's package manager against uv and pip, in alternation, on the same requirements.

    python bench/pkg/against_uv.py --uv /path/to/uv --python /path/to/python3.12 \\
        [--rounds 7] [--only WORD,WORD] [--without-pip]

State of the caches: warm for all (each job runs once before it is counted), except for the cold
jobs, for which everyone has an empty cache every time. "seen before" means that dx-py did the
same once already, from which it keeps an answer; "first time" that its answers, though not its
wheels and pages, are thrown away before each round. The index may send no cache headers, so
dx-py and uv are told to trust kept pages: by ``--index-max-age``, and by ``cache-control`` in a
configuration file. Environments and caches lie on one file system.

Figures are medians in milliseconds: CPU of the process and its children / wall. The ratios
are those of the CPU times. "By the server" is with ``DX_PKG_SERVER=1`` once the server is
there; its CPU, with all that it forks, is added as a mean over the rounds, for the system
counts it in hundredths of a second: such rows need many rounds.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import resource
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

SMALL = ["requests"]
MEDIUM = ["flask", "fastapi", "sqlalchemy", "pandas", "matplotlib", "pytest", "black", "rich"]
LARGE = [
    "jupyter", "boto3", "black", "pytest", "django", "celery", "scrapy", "sphinx", "tox",
    "mypy", "fastapi", "sqlalchemy", "matplotlib", "pandas", "ansible-core", "streamlit",
]  # fmt: skip
LONG = "600000"
UV_CONFIGURATION = """
[[index]]
url = "https://pypi.org/simple"
default = true
cache-control = { api = "max-age=600000", files = "max-age=365000000, immutable" }
"""
Command = list[str]
Times = tuple[float, float]


@dataclass
class Job:
    """``prepare`` is not counted; ``commands`` are by side, "dx", "uv" and "pip"."""

    name: str
    commands: dict[str, Command]
    prepare: Callable[[str], None] = lambda side: None
    rounds: int | None = None
    by_server: bool = False
    results: dict[str, list[Times]] = field(default_factory=dict)


class Bench:
    """The tools, and folders for them to work in."""

    def __init__(self, folder: Path, uv: str, python: str) -> None:
        self.folder = folder
        self.uv = uv
        self.python = python
        self.launcher = str(Path(sysconfig.get_path("scripts")) / "dx-py")
        self.configuration = folder / "uv.toml"
        self.configuration.write_text(UV_CONFIGURATION)
        self._round = 0
        for side, variable in (("dx", "DX_CACHE_DIR"), ("uv", "UV_CACHE_DIR")):
            os.environ[variable] = str(self.cache(side))

    def cache(self, side: str) -> Path:
        return self.folder / f"{side}-cache"

    def env(self, side: str) -> str:
        return str(self.folder / f"{side}-env")

    def pip(self, *words: str) -> Command:
        # By option: dx-py reads pip's variables, too.
        return [self.python, "-m", "pip", "--cache-dir", str(self.cache("pip")), *words]

    def jobs(self) -> Iterator[Job]:
        wanted = {"small": SMALL, "medium": MEDIUM, "large": LARGE}
        sets = [self.pins(name, words) for name, words in wanted.items()]
        yield from self._environments()
        for pins in sets:
            yield from self._installs(pins)
        yield from self._looks(sets[1])
        yield from self._resolutions(str(self.folder / "medium.in"))

    def _environments(self) -> Iterator[Job]:
        new = {side: str(self.folder / f"{side}-new") for side in ("dx", "uv", "pip")}
        yield Job(
            "create an environment",
            {"dx": [self.launcher, "venv", "--without-pip", "-p", self.python, new["dx"]],
             "uv": [self.uv, "venv", "-q", "-p", self.python, new["uv"]],
             "pip": [self.python, "-m", "venv", "--without-pip", new["pip"]]},
            lambda side: shutil.rmtree(new[side], ignore_errors=True),
        )  # fmt: skip
        yield Job(
            "create an environment with pip",
            {"dx": [self.launcher, "venv", "-p", self.python, new["dx"]],
             "uv": [self.uv, "venv", "-q", "--seed", "-p", self.python, new["uv"]],
             "pip": [self.python, "-m", "venv", new["pip"]]},
            lambda side: shutil.rmtree(new[side], ignore_errors=True),
        )  # fmt: skip

    def _installs(self, pins: Path) -> Iterator[Job]:
        name = f"install {count(pins)} packages"
        commands = self.install(str(pins))
        yield Job(f"{name}, seen before", commands, self.fresh)
        first = {side: commands[side] for side in ("dx", "uv")}
        yield Job(f"{name}, first time", first, self.fresh_and_forgotten)
        yield Job(f"{name}, first time, by the server", first, self.fresh_and_forgotten,
                  by_server=True)  # fmt: skip

    def _looks(self, pins: Path) -> Iterator[Job]:
        size = count(pins)
        prepare = self.installed(pins)
        yield Job(f"sync, nothing to do, {size} packages", self.sync(str(pins)), prepare)
        for word in ("freeze", "list"):
            yield Job(f"{word}, {size} packages", self.look(word), prepare)
        yield Job("uninstall one", self.uninstall("rich"), self.reinstalled(pins, "rich"))
        yield Job("uninstall one with many files", self.uninstall("pandas"),
                  self.reinstalled(pins, "pandas"))  # fmt: skip

    def _resolutions(self, source: str) -> Iterator[Job]:
        compiling = self.compile(source)
        dry = self.pip("install", "-q", "--dry-run", "--ignore-installed")
        yield Job("compile, same inputs", compiling | {"pip": [*dry, "-r", source]})
        changed = self.compile(source)
        yield Job("compile, changed inputs", changed, self.change_inputs)
        yield Job("compile, changed inputs, by the server", changed, self.change_inputs,
                  by_server=True)  # fmt: skip
        yield Job("compile, cold", compiling | {"pip": [*dry, "-r", source]}, self.cold, 3)

    def pins(self, name: str, requirements: list[str]) -> Path:
        source, output = self.folder / f"{name}.in", self.folder / f"{name}.txt"
        source.write_text("".join(f"{each}\n" for each in requirements))
        words = ["-p", self.python, "--no-annotate", "--no-header", "--only-binary", ":all:"]
        run([*self.uv_words("pip", "compile"), *words, str(source), "-o", str(output)])
        return output

    def uv_words(self, *words: str) -> Command:
        return [self.uv, *words, "-q", "--config-file", str(self.configuration)]

    def sync(self, pins: str) -> dict[str, Command]:
        ours = [
            self.launcher,
            "pip",
            "sync",
            "-q",
            "-p",
            self.env("dx"),
            "--index-max-age",
            LONG,
        ]
        return {
            "dx": [*ours, pins],
            "uv": [*self.uv_words("pip", "sync"), "--python", self.env("uv"), pins],
        }

    def install(self, pins: str) -> dict[str, Command]:
        ours = [self.launcher, "pip", "install", "-q", "-p", self.env("dx")]
        theirs = [*self.uv_words("pip", "install"), "--python", self.env("uv")]
        pip = self.pip("--python", self.env("pip"), "install", "-q")
        return {
            "dx": [*ours, "--index-max-age", LONG, "-r", pins],
            "uv": [*theirs, "-r", pins],
            "pip": [*pip, "-r", pins],
        }

    def look(self, word: str) -> dict[str, Command]:
        return {
            "dx": [self.launcher, "pip", word, "-p", self.env("dx")],
            "uv": [self.uv, "pip", word, "--python", self.env("uv")],
            "pip": self.pip("--python", self.env("pip"), word),
        }

    def uninstall(self, name: str) -> dict[str, Command]:
        pip = self.pip("--python", self.env("pip"), "uninstall", "-q", "-y")
        return {
            "dx": [self.launcher, "pip", "uninstall", "-q", "-y", "-p", self.env("dx"), name],
            "uv": [self.uv, "pip", "uninstall", "-q", "--python", self.env("uv"), name],
            "pip": [*pip, name],
        }

    def compile(self, source: str) -> dict[str, Command]:
        common = ["-p", self.python, "--upgrade", "--only-binary", ":all:"]
        ours = [self.launcher, "pip", "compile", "-q", "--index-max-age", LONG]
        output = {side: str(self.folder / f"{side}-out.txt") for side in ("dx", "uv")}
        return {
            "dx": [*ours, source, *common, "-o", output["dx"]],
            "uv": [*self.uv_words("pip", "compile"), source, *common, "-o", output["uv"]],
        }

    def fresh(self, side: str) -> None:
        shutil.rmtree(self.env(side), ignore_errors=True)
        run([self.uv, "venv", "-q", "-p", self.python, self.env(side)])

    def fresh_and_forgotten(self, side: str) -> None:
        self.fresh(side)
        shutil.rmtree(self.cache("dx") / "v1" / "pkg" / "replies", ignore_errors=True)

    def installed(self, pins: Path) -> Callable[[str], None]:
        ready: set[str] = set()

        def prepare(side: str) -> None:
            if side not in ready:
                self.fresh(side)
                run(self.install(str(pins))[side])
                if side != "pip":
                    run(self.sync(str(pins))[side])
                ready.add(side)

        return prepare

    def reinstalled(self, pins: Path, name: str) -> Callable[[str], None]:
        pin = self.folder / f"{name}.txt"
        lines = pins.read_text().splitlines()
        pin.write_text(next(line for line in lines if line.startswith(f"{name}==")) + "\n")
        return lambda side: void(run(self.install(str(pin))[side]))

    def change_inputs(self, side: str) -> None:
        """Every round asks for something else; all sides for the same."""
        self._round += side == "dx"
        source = self.folder / "medium.in"
        extra = f"click>=7.{self._round}\nidna>=2.{self._round}\n"
        source.write_text("".join(f"{each}\n" for each in MEDIUM) + extra)

    def cold(self, side: str) -> None:
        shutil.rmtree(self.cache(side), ignore_errors=True)


def servers(cache: Path) -> list[Path]:
    """Their folders in /proc: of the package servers with a socket in this cache."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (folder / "cmdline").read_bytes()
            if b"dx_py.driver.package_server" in words and os.fsencode(cache) in words:
                found.append(folder)
    return found


def cpu_of(processes: list[Path]) -> float:
    """Of processes and the children that they have waited for, in milliseconds."""
    fields = [(each / "stat").read_text().rpartition(")")[2].split() for each in processes]
    ticks = sum(int(field) for row in fields for field in row[11:15])
    return ticks * 1000 / os.sysconf("SC_CLK_TCK")


def start_server(job: Job, cache: Path) -> list[Path]:
    """The first command leaves it behind; it is there once its socket is."""
    job.prepare("dx")
    run(job.commands["dx"])
    while not list(cache.glob("v1/pkg/servers/*")):
        time.sleep(0.1)
    return servers(cache)


def void(_: object) -> None:
    return None


def count(pins: Path) -> int:
    return len([line for line in pins.read_text().splitlines() if "==" in line])


def run(command: Command) -> Times:
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


def measure(job: Job, rounds: int, sides: list[str]) -> str:
    """A row of the table."""
    present = [side for side in sides if side in job.commands]
    os.environ["DX_PKG_SERVER"] = "1" if job.by_server else "0"
    cache = Path(os.environ["DX_CACHE_DIR"])
    processes = start_server(job, cache) if job.by_server else []
    spent, counted = 0.0, job.rounds or rounds
    for number in range(counted + 1):
        for side in present:
            if side == "pip" and number > 3:
                continue  # its times are so long that three do
            job.prepare(side)
            before = cpu_of(processes) if side == "dx" else 0.0
            found = run(job.commands[side])
            spent += cpu_of(processes) - before if side == "dx" and number else 0.0
            if number:
                job.results.setdefault(side, []).append(found)
    middle = {side: [statistics.median(column) for column in zip(*found, strict=True)]
              for side, found in job.results.items()}  # fmt: skip
    middle["dx"][0] += spent / counted
    cells = [
        f"{middle[side][0]:.1f} / {middle[side][1]:.0f}" if side in middle else "-"
        for side in sides
    ]
    ours = max(middle["dx"][0], 0.1)
    cells += [f"{middle[side][0] / ours:.1f}" if side in middle else "-" for side in sides[1:]]
    return f"| {job.name} | {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--uv", required=True)
    parser.add_argument("--python", required=True)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", default="")
    parser.add_argument("--without-pip", action="store_true")
    parser.add_argument("--folder", default=None, help="on the file system to measure")
    options = parser.parse_args()
    for name in list(os.environ):
        if name.startswith(("PIP_", "UV_", "DX_", "PYTHON")) or name == "VIRTUAL_ENV":
            del os.environ[name]
    os.environ["PIP_CONFIG_FILE"] = os.devnull
    sides = ["dx", "uv"] if options.without_pip else ["dx", "uv", "pip"]
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        bench = Bench(Path(name), options.uv, options.python)
        heads = [f"{side} CPU / wall" for side in sides] + [
            f"{side} : dx" for side in sides[1:]
        ]
        sys.stdout.write(f"| job | {' | '.join(heads)} |\n|{'---|' * (len(heads) + 1)}\n")
        for job in bench.jobs():
            if any(word in job.name for word in options.only.split(",")):
                sys.stdout.write(measure(job, options.rounds, sides) + "\n")
                sys.stdout.flush()


main()
