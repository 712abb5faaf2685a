"""``make native-share``: how much of what CPython's own tests execute runs natively.

    python tests/programs/native_share.py FOLDER [NAME ...]

FOLDER is that of ``cpython_tests.py --jit sync``, whose store is used; NAMEs are by default the
files that passed there. Each runs twice with ``DX_JIT_COUNT``, without any native code and
with what can be compiled; the share is what the second run did not interpret. Rows go into
``share.tsv``, and files that have one are not run again. The import system, start-up and the
runner itself are among what is counted; processes that a test forks are not.
"""

from __future__ import annotations

import sys
from pathlib import Path

from cpython_tests import LAUNCHER, PYTHON, Suite

NO_LIMIT = 1_000_000


def main() -> int:
    folder = Path(sys.argv[1]).absolute()
    suite = Suite(folder, is_stress=False, jit="sync")
    rows = folder / "share.tsv"
    passed = [name for name, verdict in suite.recorded().items() if verdict == "passed"]
    known = read(rows)
    for name in sys.argv[2:] or passed:
        if name not in known:
            known[name] = (interpreted(suite, name, 0), interpreted(suite, name, NO_LIMIT))
            with rows.open("a") as file:
                print(name, *known[name], sep="\t", file=file)
            print(f"{name}\t{share([known[name]]):.1%}", flush=True)
    print(f"{len(known)} files: {share(list(known.values())):.1%} run natively")
    return 0


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
    sys.exit(main())
