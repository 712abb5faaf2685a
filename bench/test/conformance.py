"""Outcomes of whole suites under plain pytest and under DX-Py, with 1, 2 and 4 workers, twice.

    python bench/test/conformance.py [--root FOLDER] [--python PATH] [SUITE...]

Differences are named; a test whose outcome varies under plain pytest alone is reported as flaky
and is none. Plain pytest runs the suite twice, and a test that differs under DX-Py three times
more, by as many processes at once as there were workers.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from suites import SUITES, Checkout, hear_interrupts, prepare

HOME = Path(__file__).resolve().parents[2]
BOOT = HOME / "testrun" / "worker" / "boot.py"
RECORDER = HOME / "tests" / "testrun"
WORKERS = (1, 2, 4)
RUNS_ALONE = 3
# More tests than this are a defect, and no matter of chance.
MOST_FLAKY = 10
Outcomes = Counter[tuple[object, ...]]
Running = tuple[subprocess.Popen[bytes], Path]


def run(checkout: Checkout, command: list[str]) -> tuple[Outcomes, int, float]:
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder) / "record.jsonl"
        environment = checkout.environment(
            PYTHONPATH=str(RECORDER),
            PYTEST_PLUGINS="recorder",
            DX_TEST_RECORD=str(record),
            DX_CACHE_DIR=folder,
        )
        arguments = [*checkout.suite.arguments, "-q", "-p", "no:cacheprovider"]
        start = time.perf_counter()
        done = subprocess.run(
            [str(checkout.python), *command, *arguments],
            cwd=checkout.sources,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        seconds = time.perf_counter() - start
        lines = record.read_text().splitlines() if record.exists() else []
        if not lines:
            print(done.stdout.decode("utf-8", "replace")[-2000:])
        return Counter(tuple(json.loads(line)) for line in lines), done.returncode, seconds


def start_alone(checkout: Checkout, names: list[str], folder: Path, number: int) -> Running:
    record = folder / f"{number}.jsonl"
    environment = checkout.environment(
        PYTHONPATH=str(RECORDER), PYTEST_PLUGINS="recorder", DX_TEST_RECORD=str(record)
    )
    process = subprocess.Popen(
        [str(checkout.python), "-m", "pytest", "-q", "-p", "no:cacheprovider", *names],
        cwd=checkout.sources,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return process, record


def vary_alone(
    checkout: Checkout, expected: Outcomes, names: set[str], workers: int
) -> set[str]:
    """Those of the tests that plain pytest, too, does not always give the expected outcome."""
    varying: set[str] = set()
    for _ in range(RUNS_ALONE):
        with tempfile.TemporaryDirectory() as folder:
            running = [
                start_alone(checkout, sorted(names), Path(folder), number)
                for number in range(workers)
            ]
            for process, record in running:
                process.wait()
                lines = record.read_text().splitlines() if record.exists() else []
                found = Counter(tuple(json.loads(line)) for line in lines)
                varying.update(str(facts[0]) for facts in found - expected)
    return varying & names


def function_of(facts: tuple[object, ...]) -> str:
    """The id without its parameters, which may hold the time of day."""
    return str(facts[0]).split("[", 1)[0]


def compare(checkout: Checkout) -> bool:
    plain = [run(checkout, ["-m", "pytest"]) for _ in range(2)]
    expected, status, seconds = plain[0]
    again = plain[1][0]
    flaky = {function_of(facts) for facts in (*(expected - again), *(again - expected))}
    print(f"{checkout.suite.name}: {len(expected)} reports, status {status}, {seconds:.1f} s")
    same = bool(expected)
    for workers in WORKERS:
        for _ in range(2):
            found, code, took = run(checkout, [str(BOOT), "-m", "-n", str(workers)])
            missing, extra = expected - found, found - expected
            differing = {
                str(facts[0]) for facts in (*missing, *extra) if function_of(facts) not in flaky
            }
            if 0 < len(differing) <= MOST_FLAKY:
                varying = vary_alone(checkout, expected, differing, workers)
                flaky |= {name.split("[", 1)[0] for name in varying}
                differing -= varying
            # What only flaky tests change is no difference in the status either.
            equal = not differing and (code == status or bool(missing or extra))
            same = same and equal
            print(f"    -n {workers}: {'same' if equal else 'DIFFERENT'}, {took:.1f} s")
            for name in sorted(differing)[:10]:
                print(
                    f"        {name}: {sorted(f[1:] for f in missing if f[0] == name)}"
                    f" -> {sorted(f[1:] for f in extra if f[0] == name)}"
                )
            if code != status and not equal:
                print(f"        status {code} instead of {status}")
    if flaky:
        print(f"    flaky under plain pytest: {', '.join(sorted(map(str, flaky)))}")
    return same


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="suites (default: all)")
    parser.add_argument("--root", type=Path, default=Path(tempfile.gettempdir()) / "dx-suites")
    parser.add_argument("--python", type=Path, default=Path(sys.executable))
    options = parser.parse_args()
    hear_interrupts()
    chosen = [suite for suite in SUITES if not options.names or suite.name in options.names]
    same = [compare(prepare(suite, options.root, options.python)) for suite in chosen]
    return 0 if all(same) else 1


if __name__ == "__main__":
    sys.exit(main())
