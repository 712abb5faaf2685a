"""Programs with one token changed: what the host accepts, and with which tree, we do too.

    python -m tests.frontend.token_mutants --count 100000 --seed 1

Sources are small files of the standard library, among them CPython's own tests.
"""

from __future__ import annotations

import argparse
import io
import random
import sys
import sysconfig
import tokenize
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import batched
from pathlib import Path

from tests.frontend.conformance.library import AGREED, parsers_verdict, prepare

LIBRARY = Path(sysconfig.get_path("stdlib"))
LARGEST = 4000
BATCH = 10_000
MUTANTS_OF_A_FILE = 12

_TOKENS = (
    "( ) [ ] { } : , = := == != * ** . -> @ ; + - ~ ! not in is if else elif for lambda yield "
    "await async match case type def class with as import from try except finally return del "
    "global while pass x _ 1 0x1 1j .5 's' b's' f'{x}' f'{x!r:>{y}}' rb'' u'' True None ... | "
    "# \\ ' \" ''' \n"
)
TOKENS = _TOKENS.split(" ")


def sources() -> list[Path]:
    paths = sorted(LIBRARY.rglob("*.py"))
    return [path for path in paths if 100 < path.stat().st_size < LARGEST]


def mutants(count: int, seed: int) -> Iterator[str]:
    chooser = random.Random(seed)
    paths = sources()
    while count > 0:
        made = list(_mutants_of(chooser.choice(paths), chooser))[:count]
        count -= len(made)
        yield from made


def _mutants_of(path: Path, chooser: random.Random) -> Iterator[str]:
    try:
        text = path.read_text(encoding="utf-8")
        spans = _token_spans(text)
    except (SyntaxError, UnicodeDecodeError):
        return
    for _ in range(MUTANTS_OF_A_FILE if len(spans) > 10 else 0):
        yield _mutate(text, spans, chooser)


def _token_spans(text: str) -> list[tuple[int, int]]:
    starts = [0]
    for line in io.StringIO(text):
        starts.append(starts[-1] + len(line))
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return [
        (starts[token.start[0] - 1] + token.start[1], starts[token.end[0] - 1] + token.end[1])
        for token in tokens
        if token.string.strip()
    ]


def _mutate(text: str, spans: list[tuple[int, int]], chooser: random.Random) -> str:
    start, end = chooser.choice(spans)
    other_start, other_end = chooser.choice(spans)
    token, other = text[start:end], text[other_start:other_end]
    replacement = chooser.choice(
        [
            "",
            f"{token} {chooser.choice(TOKENS)} ",
            f"{chooser.choice(TOKENS)} {token}",
            chooser.choice(TOKENS),
            f"{other} ",
            f"{token} {token}",
            token[: chooser.randrange(len(token) + 1)],
        ]
    )
    return text[:start] + replacement + text[end:]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    made = mutants(options.count, options.seed)
    verdicts: Counter[str] = Counter()
    with ProcessPoolExecutor(2, initializer=prepare) as executor:
        for batch in batched(made, BATCH):
            results = executor.map(parsers_verdict, batch, chunksize=100)
            for text, found in zip(batch, results, strict=True):
                verdicts[found] += 1
                if found not in AGREED:
                    sys.stdout.write(f"--- {found}\n{text}\n")
    sys.stdout.write(f"seed {options.seed}: {dict(sorted(verdicts.items()))}\n")
    return int(not verdicts or not set(verdicts) <= set(AGREED))


if __name__ == "__main__":
    sys.exit(main())
