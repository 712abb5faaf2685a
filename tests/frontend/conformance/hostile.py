"""Hostile bytes against the host: its verdict and its tree, no crash, bounded memory.

    python -m tests.frontend.conformance.hostile [COUNT [SEED]]

COUNT byte strings are passages of the library with bytes changed, spliced or cut, random bytes
and random tokens. To them come sources nested a hundred thousand deep, lines of ten megabytes,
NUL bytes at every kind of place, and texts in no encoding. The memory printed is the peak of a
process that runs both parsers; none may take more than MEMORY.
"""

from __future__ import annotations

import random
import re
import resource
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import batched

from tests.frontend.conformance.library import AGREED, parsers_verdict, prepare
from tests.frontend.host_oracle import cases
from tests.frontend.token_mutants import TOKENS, sources

MEMORY = 4 << 30
BATCH = 200
DEPTH = 100_000
LINE = 10_000_000
NAME_SIZE = 100_000
LONGEST_PASSAGE = 8
MODES = ("exec", "exec", "exec", "eval", "single", "func_type")
#: Before a line that is not indented: stretches that end there may be valid by themselves.
STATEMENT = re.compile(rb"(?m)^(?=[^ \t\n])")


FSTRING_PARTS = (
    *"{}:!=a()[] \\\n\"'", "\\\n", "b#c\n", "!r", 'f"', "f'", "f'''", "'''", "{{", "}}",
    ":=", "!=", "=}", "lambda ", "\\N{", "\\n", "x,",
)  # fmt: skip

#: A mode and a source.
type Hostile = tuple[str, bytes]


def fixed() -> Iterator[bytes]:
    for piece in cases("nested.txt"):
        yield (piece * DEPTH).encode()
        yield (piece * DEPTH + "1\n").encode()
        yield (f"x = {piece * DEPTH}1\n").encode()
    for before, piece, after in cases("long_lines.txt"):
        repeated = piece.replace("NAME", "a" * NAME_SIZE)
        yield (before + repeated * (LINE // len(repeated.encode())) + after + "\n").encode()
    yield from cases("nul_bytes.txt")
    yield from (
        case if isinstance(case, bytes) else case.encode() for case in cases("encodings.txt")
    )


def in_exec_mode(texts: Iterator[bytes]) -> Iterator[Hostile]:
    yield from (("exec", text) for text in texts)


def random_ones(count: int, seed: int) -> Iterator[Hostile]:
    chooser = random.Random(seed)
    texts = [path.read_bytes() for path in sources()]
    stretches = [stretch for text in texts for stretch in STATEMENT.split(text)[1:]]
    for _ in range(count):
        make = chooser.choice((_mutant, _mutant, _mutant, _splice, _noise, _tokens, _fstring))
        yield chooser.choice(MODES), make(stretches, chooser)


def _passage(stretches: list[bytes], chooser: random.Random) -> bytes:
    start = chooser.randrange(len(stretches))
    return b"".join(stretches[start : start + chooser.randrange(1, LONGEST_PASSAGE)])


def _mutant(stretches: list[bytes], chooser: random.Random) -> bytes:
    data = bytearray(_passage(stretches, chooser))
    for _ in range(chooser.choice((1, 1, 2, 4, 16))):
        place = chooser.randrange(len(data) + 1)
        byte = chooser.choice(
            (chooser.randrange(256), chooser.choice(b"()[]{}'\"\\\n\r\t\f\0#:f "))
        )
        data[place : place + chooser.randrange(3)] = bytes([byte]) * chooser.randrange(3)
    return bytes(data)


def _splice(stretches: list[bytes], chooser: random.Random) -> bytes:
    one, other = _passage(stretches, chooser), _passage(stretches, chooser)
    return one[: chooser.randrange(len(one) + 1)] + other[chooser.randrange(len(other) + 1) :]


def _noise(_: list[bytes], chooser: random.Random) -> bytes:
    return chooser.randbytes(chooser.randrange(1, 100))


def _fstring(_: list[bytes], chooser: random.Random) -> bytes:
    start = chooser.choice(("f'", 'f"', "rf'", 'f"""'))
    quote = start.lstrip("rf")
    inside = "".join(chooser.choices(FSTRING_PARTS, k=chooser.randrange(2, 14)))
    return (start + inside + chooser.choice(("", "}", "}}")) + quote).encode()


def _tokens(_: list[bytes], chooser: random.Random) -> bytes:
    tokens = chooser.choices(TOKENS, k=chooser.randrange(1, 60))
    return chooser.choice((" ", "")).join(tokens).encode()


def verdicts(hostile: tuple[Hostile, ...]) -> tuple[list[tuple[str, bytes]], int]:
    """Of each source, the source only if the parsers disagree; and the peak in KiB so far."""
    found = [(parsers_verdict(source, mode), source) for mode, source in hostile]
    told = [(v, b"" if v in AGREED else s) for v, s in found]
    return told, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def prepare_bounded() -> None:
    prepare()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def compare(name: str, hostile: Iterator[Hostile], batch: int) -> bool:
    """Whether the parsers agree on all of them."""
    counts: Counter[str] = Counter()
    peak = 0
    with ProcessPoolExecutor(2, initializer=prepare_bounded) as executor:
        for found, memory in executor.map(verdicts, batched(hostile, batch)):
            peak = max(peak, memory)
            counts.update(result for result, _ in found)
            for result, source in found:
                if source:
                    sys.stdout.write(f"{result}: {source[:300]!r} ({len(source)} bytes)\n")
    counted = dict(sorted(counts.items()))
    sys.stdout.write(f"{name}: {counted}, at most {peak // 1024} MiB in a process\n")
    return set(counted) <= set(AGREED)


def main(count: int, seed: int) -> int:
    agree = compare("mutated and random bytes", random_ones(count, seed), BATCH)
    agree &= compare("nesting, long lines, NULs, encodings", in_exec_mode(fixed()), 1)
    return int(not agree)


if __name__ == "__main__":
    sys.exit(
        main(*(int(text) for text in (sys.argv[1:] + ["100000", "1"][len(sys.argv) - 1 :])))
    )
