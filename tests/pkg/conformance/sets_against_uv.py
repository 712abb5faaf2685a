"""Sets of popular packages: the same pins as ``uv pip compile`` from the same snapshot.

    python tests/pkg/conformance/sets_against_uv.py --uv UV --names FILE --results FOLDER
        [--sets 100] [--exclude-newer DATE]

``--names`` lists popular packages, one a line. The sets are drawn with a fixed seed, one to
four names each. Each outcome is kept in ``--results``, so a run that was cut short goes on
where it was. Ends with 1 where fewer than 95 % are the same.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

_SEED = 2026
_WANTED_SHARE = 0.95
_SECONDS = 600


def main() -> int:
    options = _options()
    options.results.mkdir(parents=True, exist_ok=True)
    names = options.names.read_text().split()
    same = 0
    drawn = list(draw(names, options.sets))
    with ThreadPoolExecutor(options.jobs) as pool:
        numbers = range(len(drawn))
        outcomes = list(pool.map(partial(_kept_outcome, options), numbers, drawn))
    for number, (chosen, outcome) in enumerate(zip(drawn, outcomes, strict=True)):
        if outcome["ours"] == outcome["theirs"]:
            same += 1
        else:
            sys.stdout.write(f"set {number}: {' '.join(chosen)}\n{_difference(outcome)}\n")
    sys.stdout.write(f"{same} of {len(drawn)} sets have the same pins\n")
    return 0 if same >= _WANTED_SHARE * len(drawn) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--uv", required=True)
    parser.add_argument("--names", required=True, type=Path)
    parser.add_argument("--results", required=True, type=Path)
    parser.add_argument("--sets", type=int, default=100)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--exclude-newer", default="2026-11-15T00:00:00Z")
    return parser.parse_args()


def draw(names: list[str], count: int) -> Iterator[list[str]]:
    chance = random.Random(_SEED)
    for _ in range(count):
        yield sorted(chance.sample(names, chance.randint(1, 4)))


def _kept_outcome(
    options: argparse.Namespace, number: int, chosen: list[str]
) -> dict[str, list[str]]:
    """Pins by side; a set that cannot be had has the one entry "none"."""
    kept = options.results / f"{number:03}.json"
    if kept.is_file():
        found: dict[str, list[str]] = json.loads(kept.read_text())
        return found
    source = options.results / f"{number:03}.in"
    source.write_text("".join(f"{name}\n" for name in chosen))
    words = [
        "pip", "compile", str(source), "--no-annotate", "--no-header", "--strip-extras",
        "--exclude-newer", options.exclude_newer, "-p", sys.executable,
    ]  # fmt: skip
    outcome = {
        "ours": _pins([sys.executable, "-I", "-m", "dx_py.driver", *words]),
        "theirs": _pins([options.uv, *words]),
    }
    kept.write_text(json.dumps(outcome))
    return outcome


def _pins(command: list[str]) -> list[str]:
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PIP_", "UV_", "VIRTUAL_ENV")) or name == "UV_CACHE_DIR"
    }
    environment["PIP_CONFIG_FILE"] = os.devnull
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env=environment,
            timeout=_SECONDS,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return [f"nothing within {_SECONDS} seconds"]
    if done.returncode:
        sys.stderr.write(f"{' '.join(command[-14:])}\n{done.stderr[-800:]}\n")
        return ["none"]
    lines = done.stdout.splitlines()
    return sorted(line for line in lines if re.match(r"[\w.-]+==", line))


def _difference(outcome: dict[str, list[str]]) -> str:
    ours, theirs = set(outcome["ours"]), set(outcome["theirs"])
    return "\n".join(
        [*(f"  ours: {pin}" for pin in sorted(ours - theirs)),
         *(f"  uv:   {pin}" for pin in sorted(theirs - ours))]
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
