"""Code of whole folders against the host's, with what differs by class.

python -m tests.lowering.conformance [--optimize N] [--every N] [--show N] PATH...
"""

from __future__ import annotations

import argparse
import ast
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from tests.lowering.outcomes import (
    Outcome,
    host_outcome,
    our_outcome,
    outcome_differences,
)

# The host's compiler recurses in C; ours in Python, where each level counts.
_RECURSION_LIMIT = 30_000
_SHOWN_A_FILE = 4


@dataclass(slots=True)
class Report:
    show: int
    files: int = 0
    lines: int = 0
    equal: int = 0
    refused: int = 0
    ours: float = 0.0
    host: float = 0.0
    classes: Counter[str] = field(default_factory=Counter)

    def compare(self, path: Path, optimize: int) -> None:
        source = path.read_bytes()
        tree = parsed(source)
        if tree is None:
            self.refused += 1
            return
        self.files += 1
        self.lines += source.count(b"\n")
        start = time.process_time()
        theirs = host_outcome(tree, str(path), optimize=optimize)
        middle = time.process_time()
        mine = our_outcome(tree, str(path), optimize=optimize)
        self.host += middle - start
        self.ours += time.process_time() - middle
        self.judge(path, mine, theirs)

    def judge(self, path: Path, mine: Outcome, theirs: Outcome) -> None:
        found = list(islice(outcome_differences(mine, theirs), _SHOWN_A_FILE))
        self.equal += not found
        for kind, text in found[:1]:
            self.classes[kind] += 1
            if self.classes[kind] <= self.show:
                sys.stdout.write(f"{path}: {kind}: {text[:400]}\n")
                sys.stdout.flush()

    def summary(self) -> str:
        share = 100 * self.equal / max(self.files, 1)
        per = 1e6 / max(self.lines, 1)
        count = f"{self.files} files, {self.lines} lines, {self.equal} equal ({share:.3f} %)"
        lines = [
            f"{count}, {self.refused} that do not parse",
            f"CPU a thousand lines: {self.ours * per:.1f} ms, host {self.host * per:.1f} ms",
        ]
        lines += [f"{count} {kind}" for kind, count in self.classes.most_common()]
        return "\n".join(lines)


def parsed(source: bytes) -> ast.Module | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def sources(roots: list[Path], every: int) -> Iterator[Path]:
    files = (
        path
        for root in roots
        for path in (sorted(root.rglob("*.py")) if root.is_dir() else [root])
    )
    return islice(files, 0, None, every)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.lowering.conformance")
    parser.add_argument("roots", nargs="+", type=Path)
    parser.add_argument("--optimize", type=int, default=0)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--show", type=int, default=3)
    options = parser.parse_args()
    sys.setrecursionlimit(_RECURSION_LIMIT)
    report = Report(options.show)
    for path in sources(options.roots, options.every):
        if path.is_file():
            report.compare(path, options.optimize)
    sys.stdout.write(report.summary() + "\n")


if __name__ == "__main__":
    main()
