"""Ids that are derived from source against pytest's own, suite by suite.

    python bench/test/exactness.py [--others BIN] [SUITE...]

An id is wrong if pytest has none like it, and missed silently if no dynamic group holds it. The
status is 1 if there is either, or if the order is not pytest's.
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
        known = set(self.expected)
        return [name for name in self.exact if name not in known]

    @property
    def missed(self) -> list[str]:
        left = Counter(self.expected) - Counter(self.exact)
        return [name for name in left if not any(covers(group, name) for group in self.groups)]

    @property
    def ordered(self) -> bool:
        exact = set(self.exact)
        return [name for name in self.expected if name in exact] == self.exact


def covers(group: str, name: str) -> bool:
    if group == "*":
        return True
    if group.endswith("::(doctests)"):
        return name.startswith(group.removesuffix("(doctests)"))
    if group.endswith("/"):
        return name.startswith(group.removeprefix("./"))
    return name == group or name.startswith((f"{group}::", f"{group}["))


def lines_of(checkout: Checkout, command: list[str], cache: str) -> list[str]:
    environment = checkout.environment(
        DX_CACHE_DIR=cache, DX_PYTHON=str(checkout.python), VIRTUAL_ENV=""
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
    return list(itertools.takewhile(bool, done.stdout.splitlines()))


def find(checkout: Checkout, cache: str) -> Findings:
    arguments = [*COLLECT, *checkout.suite.arguments]
    expected = lines_of(checkout, [str(checkout.python), "-m", "pytest", *arguments], cache)
    listing = lines_of(checkout, [str(DX), "test", "--static", *arguments], cache)
    dynamic = [re.fullmatch(r"(.*?) \[dynamic: .*\]", line) for line in listing]
    exact = [line for line, group in zip(listing, dynamic, strict=True) if group is None]
    return Findings(expected, exact, [group[1] for group in dynamic if group is not None])


def learned(checkout: Checkout, cache: str) -> list[str]:
    """What the index of two collections answers."""
    command = [str(DX), "test", *COLLECT, *checkout.suite.arguments]
    for _ in range(2):
        lines_of(checkout, command, cache)
    return lines_of(checkout, command, cache)


def report(checkout: Checkout, others: Path | None) -> bool:
    with tempfile.TemporaryDirectory() as cache:
        found = find(checkout, cache)
        same = learned(checkout, cache) == found.expected
        share = 100 * len(found.exact) / max(1, len(found.expected))
        print(
            f"{checkout.suite.name:12} pytest {len(found.expected):6}"
            f"  exact {len(found.exact):6} ({share:5.1f} %)  groups {len(found.groups):5}"
            f"  wrong {len(found.wrong)}"
            f"  missed {len(found.missed)}  order {'same' if found.ordered else 'DIFFERENT'}"
            f"  after a run {'same' if same else 'DIFFERENT'}"
        )
        if others is not None:
            rival = Counter(lines_of(checkout, [str(others / "cito"), "collect"], cache))
            right = sum((rival & Counter(found.expected)).values())
            print(f"{'':12} cito   {sum(rival.values()):6}  right {right:6}")
    for name in (*found.wrong[:5], *found.missed[:5]):
        print(f"    {name}")
    return not found.wrong and not found.missed and found.ordered


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
