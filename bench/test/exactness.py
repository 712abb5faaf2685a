"""Ids that are derived from source against pytest's own, suite by suite.

    python bench/test/exactness.py [--others BIN] [SUITE...]

An id is wrong if pytest has none like it, and missed silently if no dynamic group holds it. The
status is 1 if there is either, if the order is not pytest's, or if later answers of
`--collect-only -q` differ from pytest's; where two collections by pytest itself differ, these
are compared by function.
"""

from __future__ import annotations

import argparse
import itertools
import re
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from suites import DISCOVERED, SUITES, Checkout, prepare

DX = Path(sys.executable).with_name("dx-py")
COLLECT = ("--collect-only", "-q", "-p", "no:cacheprovider")


@dataclass(frozen=True, slots=True)
class Findings:
    expected: list[str]
    exact: list[str]
    groups: list[str]

    @property
    def wrong(self) -> list[str]:
        return list((Counter(self.exact) - Counter(self.expected)).elements())

    @property
    def missed(self) -> list[str]:
        left = Counter(self.expected) - Counter(self.exact)
        return [name for name in left if not any(covers(group, name) for group in self.groups)]

    @property
    def ordered(self) -> bool:
        exact = set(self.exact)
        return [name for name in self.expected if name in exact] == self.exact


@dataclass(frozen=True, slots=True)
class Remembered:
    """The last of up to three collections by DX-Py."""

    ids: list[str]
    #: After how many collections the launcher answered by itself; 0 if it never did.
    after: int

    def agrees(self, checkout: Checkout, expected: list[str], cache: str) -> bool:
        if self.ids == expected:
            return True
        again = lines_of(checkout, pytest_command(checkout), cache)
        if again == expected:
            return False
        return [unstable_part(name) for name in self.ids] == [
            unstable_part(name) for name in expected
        ]


def unstable_part(name: str) -> str:
    return name.split("[", 1)[0]


def covers(group: str, name: str) -> bool:
    if group == "*":
        return True
    if group.endswith("::(doctests)"):
        return name.startswith(group.removesuffix("(doctests)"))
    if group.endswith("/"):
        return name.startswith(group.removeprefix("./"))
    return name == group or name.startswith((f"{group}::", f"{group}["))


def pytest_command(checkout: Checkout) -> list[str]:
    return [str(checkout.python), "-m", "pytest", *COLLECT, *checkout.suite.arguments]


def execute(checkout: Checkout, command: list[str], cache: str) -> tuple[list[str], bool]:
    """The first block of the output, and whether a Python was started."""
    environment = checkout.environment(
        DX_CACHE_DIR=cache,
        DX_PYTHON=str(checkout.python),
        VIRTUAL_ENV="",
        PYTHONPROFILEIMPORTTIME="1",
    )
    done = subprocess.run(
        command,
        cwd=checkout.sources,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = list(itertools.takewhile(bool, done.stdout.splitlines()))
    return lines, "import time:" in done.stderr


def lines_of(checkout: Checkout, command: list[str], cache: str) -> list[str]:
    return execute(checkout, command, cache)[0]


def find(checkout: Checkout, cache: str) -> Findings:
    expected = lines_of(checkout, pytest_command(checkout), cache)
    static = [str(DX), "test", "--static", *COLLECT, *checkout.suite.arguments]
    listing, started = execute(checkout, static, cache)
    assert not started, "--static started a Python"
    dynamic = [re.fullmatch(r"(.*?) \[dynamic: .*\]", line) for line in listing]
    exact = [line for line, group in zip(listing, dynamic, strict=True) if group is None]
    return Findings(expected, exact, [group[1] for group in dynamic if group is not None])


def remember(checkout: Checkout, cache: str) -> Remembered:
    command = [str(DX), "test", *COLLECT, *checkout.suite.arguments]
    for collections in range(3):
        ids, started = execute(checkout, command, cache)
        if not started:
            return Remembered(ids, collections)
    return Remembered(ids, 0)


def report(checkout: Checkout, others: Path | None) -> bool:
    with tempfile.TemporaryDirectory() as cache:
        found = find(checkout, cache)
        remembered = remember(checkout, cache)
        agrees = remembered.agrees(checkout, found.expected, cache)
        if others is not None:
            rival = Counter(lines_of(checkout, [str(others / "cito"), "collect"], cache))
            right = sum((rival & Counter(found.expected)).values())
            print(f"{'':12} cito   {sum(rival.values()):6}  right {right:6}")
    share = 100 * len(found.exact) / max(1, len(found.expected))
    source = f"index after {remembered.after}" if remembered.after else "pytest each time"
    print(
        f"{checkout.suite.name:12} pytest {len(found.expected):6}"
        f"  exact {len(found.exact):6} ({share:5.1f} %)  groups {len(found.groups):5}"
        f"  wrong {len(found.wrong)}"
        f"  missed {len(found.missed)}  order {'same' if found.ordered else 'DIFFERENT'}"
        f"  later {'same' if agrees else 'DIFFERENT'} ({source})",
        flush=True,
    )
    for name in (*found.wrong[:5], *found.missed[:5]):
        print(f"    {name}")
    return not found.wrong and not found.missed and found.ordered and agrees


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="suites (default: the twelve)")
    parser.add_argument("--others", type=Path, help="folder with cito")
    parser.add_argument("--root", type=Path, default=Path(tempfile.gettempdir()) / "dx-suites")
    parser.add_argument("--python", type=Path, default=Path(sys.executable))
    options = parser.parse_args()
    names = options.names or DISCOVERED
    chosen = [suite for suite in SUITES if suite.name in names]
    right = [
        report(prepare(suite, options.root, options.python), options.others) for suite in chosen
    ]
    return 0 if all(right) else 1


if __name__ == "__main__":
    sys.exit(main())
