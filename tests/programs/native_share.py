"""``make native-share``: how much of what CPython's own tests execute runs natively.

    python tests/programs/native_share.py FOLDER [--every N] [NAME ...]

FOLDER is that of ``cpython_tests.py --jit sync``, whose store is used; NAMEs are by default the
files that passed there, with --every those that come at each Nth place of all, by the alphabet.
Each runs twice with ``DX_JIT_COUNT``, without any native code and with what can be compiled;
the share is what the second run did not interpret. Rows go into ``share.tsv``, and files that
have one are not run again. The import system, start-up and the runner itself are among what is
counted; processes that a test forks are not.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from cpython_tests import LAUNCHER, PYTHON, Suite

NO_LIMIT = 1_000_000


def main() -> int:
    options = parse_arguments()
    suite = Suite(options.folder.absolute(), is_stress=False, jit="sync")
    rows = suite.folder / "share.tsv"
    known = read(rows)
    for name in options.names or chosen(suite, options.every):
        if name not in known:
            known[name] = (interpreted(suite, name, 0), interpreted(suite, name, NO_LIMIT))
            with rows.open("a") as file:
                print(name, *known[name], sep="\t", file=file)
            print(f"{name}\t{share([known[name]]):.1%}", flush=True)
    print(f"{len(known)} files: {share(list(known.values())):.1%} run natively")
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*")
    return parser.parse_args()


def chosen(suite: Suite, every: int) -> list[str]:
    """The same files whichever of them were run so far."""
    verdicts = suite.recorded()
    return [name for name in sorted(suite.names())[::every] if verdicts.get(name) == "passed"]


def read(rows: Path) -> dict[str, tuple[int, int]]:
    lines = rows.read_text().splitlines() if rows.exists() else []
    return {name: (int(all_), int(rest)) for name, all_, rest in map(str.split, lines)}


def interpreted(suite: Suite, name: str, limit: int) -> int:
    """By all processes of a test file, with native code of at most ``limit`` functions."""
    counts = suite.folder / "counts"
    counts.unlink(missing_ok=True)
    settings = {"DX_JIT_COUNT": str(counts), "DX_JIT_LIMIT": str(limit)}
    suite.run(name, "counted", [LAUNCHER, "--python", PYTHON], suite.ours | settings)
    return sum(int(line.split("\t")[1]) for line in counts.read_text().splitlines())


def share(rows: list[tuple[int, int]]) -> float:
    return 1 - sum(rest for _, rest in rows) / max(sum(all_ for all_, _ in rows), 1)


if __name__ == "__main__":
    raise SystemExit(main())
