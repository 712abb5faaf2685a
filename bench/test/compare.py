"""Discovery, whole runs and one test against plain pytest, pytest-xdist and cito, alternated.

    python bench/test/compare.py discovery|runs|one [--rounds N] [--others BIN] [SUITE...]

Byte code is kept (`PYTHONDONTWRITEBYTECODE` unset) and warm; CPU is user and system time of the
whole process tree, in milliseconds, the mean of the rounds (that of a server comes in tens,
and only its sum is exact); wall time is the median, and the shortest, which a busy machine
disturbs least. Ratios are to the first row: of CPU, and of shortest wall time.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from suites import DISCOVERED, SUITES, Checkout, prepare

# A server starts after the first run, and learns from the second.
WARMING_ROUNDS = 3
# Measurements of a millisecond or ten for each of one that takes seconds.
QUICK_TIMES = 7
# How long a server may take to see that a run has ended, or to make a template.
SETTLING_SECONDS = 2.0
SERVER = "DX_TEST_SERVER"
DX = Path(sys.executable).with_name("dx-py")


@dataclass(slots=True)
class Contender:
    name: str
    command: list[str]
    variables: dict[str, str] = field(default_factory=dict)
    before: Callable[[], None] = lambda: None
    #: How often in a round; what takes a millisecond needs more than what takes seconds.
    times: int = 1
    warming: int = WARMING_ROUNDS
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def measure(self, checkout: Checkout, cache: str) -> None:
        self.before()
        environment = checkout.environment(
            DX_CACHE_DIR=cache,
            DX_PYTHON=str(checkout.python),
            VIRTUAL_ENV="",
            **self.variables,
        )
        before = children_seconds() + server_seconds(cache)
        start = time.perf_counter()
        subprocess.run(
            self.command,
            cwd=checkout.sources,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        self.wall.append(1e3 * (time.perf_counter() - start))
        # A run's processes are the server's children until it has looked after them.
        time.sleep(SETTLING_SECONDS if SERVER in self.variables else 0)
        used = children_seconds() + server_seconds(cache) - before
        self.cpu.append(1e3 * used)

    def row(self, reference: Contender) -> str:
        cpu, wall, least = (
            statistics.mean(self.cpu),
            statistics.median(self.wall),
            min(self.wall),
        )
        ratios = (
            f"{statistics.mean(reference.cpu) / cpu:6.2f}x {min(reference.wall) / least:6.2f}x"
        )
        return f"    {self.name:<22} cpu {cpu:9.1f}  wall {wall:9.1f} {least:9.1f}  {ratios}"


def children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def server_seconds(cache: str) -> float:
    """What the test servers of this cache folder and their runs have used."""
    used = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"--dx-serve\0{cache}".encode() in (folder / "cmdline").read_bytes():
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                used += sum(map(int, fields[11:15]))
        except OSError:
            continue
    return used / os.sysconf("SC_CLK_TCK")


#: One test of each of these suites.
ONE_TEST = {
    "click": "tests/test_basic.py::test_basic_functionality",
    "flask": "tests/test_basic.py::test_options_work",
    "jinja2": "tests/test_api.py::TestExtendedAPI::test_item_and_attribute",
    "marshmallow": "tests/test_schema.py::test_serializing_basic_object",
    "packaging": "tests/test_utils.py::test_canonicalize_name",
}


DEFAULTS = {"one": list(ONE_TEST), "discovery": list(DISCOVERED)}


def one(checkout: Checkout, others: Path | None) -> list[Contender]:
    arguments = [ONE_TEST[checkout.suite.name], "-q", "-p", "no:cacheprovider"]
    ours = [str(DX), "test", *arguments]
    return [
        Contender("pytest ID", [str(checkout.python), "-m", "pytest", *arguments]),
        Contender("dx-py, no server", ours, {SERVER: "0"}),
        Contender("dx-py, warm server", ours, {SERVER: "1"}),
    ]


def discovery(checkout: Checkout, others: Path | None) -> list[Contender]:
    select = [*checkout.suite.arguments, "-p", "no:cacheprovider"]
    collect = ["--collect-only", "-q"]
    python = str(checkout.python)
    found = [
        Contender("pytest", [python, "-m", "pytest", *collect, *select], warming=0),
        quick("dx-py, cold, static", [str(DX), "test", *collect, "--static", *select]),
        # The second collection tells whether the first can be trusted.
        quick("dx-py, warm", [str(DX), "test", *collect, *select], warming=2),
    ]
    if others is not None:
        found.append(quick("cito", [str(others / "cito"), "collect"]))
    return found


def quick(name: str, command: list[str], *, warming: int = 1) -> Contender:
    return Contender(name, command, times=QUICK_TIMES, warming=warming)


def runs(checkout: Checkout, others: Path | None) -> list[Contender]:
    arguments = [*checkout.suite.arguments, "-q", "-p", "no:cacheprovider"]
    plain = [str(checkout.python), "-m", "pytest", *arguments]
    xdist = {"PYTHONPATH": str(xdist_folder(checkout))}
    return [
        Contender("pytest", [*plain, "-p", "no:xdist"], warming=1),
        Contender("pytest -n2", [*plain, "-n2"], xdist, warming=1),
        Contender("dx-py -n2", [str(DX), "test", *arguments, "-n2"], warming=1),
    ]


def xdist_folder(checkout: Checkout) -> Path:
    """pytest-xdist beside the suites, so that their environments stay as they are."""
    folder = checkout.sources.parent.parent / "xdist"
    if not folder.exists():
        pip = [checkout.python, "-m", "pip", "install", "-q", "--no-deps"]
        subprocess.run([*pip, "--target", folder, "pytest-xdist", "execnet"], check=True)
    return folder


def compare(checkout: Checkout, contenders: list[Contender], rounds: int) -> list[Contender]:
    with tempfile.TemporaryDirectory() as cache:
        for turn in range(WARMING_ROUNDS):
            warming = [contender for contender in contenders if turn < contender.warming]
            for contender in warming:
                contender.measure(checkout, cache)
            time.sleep(SETTLING_SECONDS if warming else 0)
        for contender in contenders:
            contender.wall.clear()
            contender.cpu.clear()
        for turn in range(rounds * max(contender.times for contender in contenders)):
            for contender in contenders:
                if turn < rounds * contender.times:
                    contender.measure(checkout, cache)
    print(checkout.suite.name)
    for contender in contenders:
        print(contender.row(contenders[0]), flush=True)
    return contenders


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("discovery", "runs", "one"))
    parser.add_argument("names", nargs="*", help="suites (default: all)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--others", type=Path, help="folder with cito and rtest")
    parser.add_argument("--root", type=Path, default=Path(tempfile.gettempdir()) / "dx-suites")
    parser.add_argument("--python", type=Path, default=Path(sys.executable))
    options = parser.parse_args()
    make = {"discovery": discovery, "runs": runs, "one": one}[options.what]
    ratios = []
    for suite in SUITES:
        chosen = options.names or DEFAULTS.get(options.what, [suite.name])
        if suite.name not in chosen:
            continue
        checkout = prepare(suite, options.root, options.python)
        found = compare(checkout, make(checkout, options.others), options.rounds)
        ours = [contender for contender in found if contender.name.startswith("dx-py")][-1]
        ratios.append([min(one.wall) / min(ours.wall) for one in found])
    names = [one.name for one in found]
    for name, of_suites in zip(names, zip(*ratios, strict=True), strict=True):
        print(f"geometric mean over {name}: {statistics.geometric_mean(of_suites):.2f}x")
    return 0


if __name__ == "__main__":
    sys.exit(main())
