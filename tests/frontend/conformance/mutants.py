"""Refusals of mutants of the library against the host's: mutants.py SEED COUNT [SHOWN]."""

from __future__ import annotations

import ast
import random
import re
import sys
import warnings
from collections import Counter
from collections.abc import Iterator

from dx_py.frontend.parser import parse
from tests.frontend.trees import LIBRARY

INSERTED = [
    "(", ")", "[", "]", "{", "}", ",", ":", ";", ".", "=", "==", ":=", "->", "+", "-", "*",
    "**", "/", "@", "if", "else", "for", "in", "not", "and", "or", "lambda", "def", "class",
    "return", "import", "from", "as", "with", "try", "except", "finally", "while", "async",
    "await", "yield", "None", "True", "x", "1", '"s"', 'f"{x}"', "'", '"""', "\\", "#", "!",
    "~", "print", "match", "case", "type", "_", "global", "del", "assert", "raise", "pass",
    "\n", "  ", "\n    ",
]  # fmt: skip
TOKEN = re.compile(r"\w+|\"[^\"\n]*\"|'[^'\n]*'|[^\w\s]|\n[ \t]*|[ \t]+")
MUTANTS_PER_PASSAGE = 20
LONGEST_PASSAGE = 25


def passages(chance: random.Random) -> Iterator[str]:
    """Stretches of the library that parse by themselves."""
    paths = sorted(LIBRARY.glob("*.py")) + sorted(LIBRARY.glob("test/test_[a-g]*.py"))
    while True:
        lines = chance.choice(paths).read_text(encoding="utf-8", errors="replace").split("\n")
        start = chance.randrange(len(lines))
        while start < len(lines) and not lines[start][:1].isalpha():
            start += 1
        size = chance.randint(1, LONGEST_PASSAGE)
        text = "\n".join(lines[start : start + size]) + "\n"
        try:
            ast.parse(text)
        except (SyntaxError, ValueError):
            continue
        yield text


def mutated(text: str, chance: random.Random) -> str:
    tokens = TOKEN.findall(text) or [""]
    for _ in range(chance.choice((1, 1, 1, 2))):
        place, other = (chance.randrange(len(tokens)) for _ in range(2))
        match chance.randrange(5):
            case 0:
                tokens[place] = ""
            case 1:
                tokens.insert(place, f" {chance.choice(INSERTED)} ")
            case 2:
                tokens[place] = chance.choice(INSERTED)
            case 3:
                tokens[place], tokens[other] = tokens[other], tokens[place]
            case 4:
                tokens.insert(place, tokens[other])
    return "".join(tokens)


def attributes(error: SyntaxError) -> tuple[object, ...]:
    place = (error.lineno, error.offset, error.end_lineno, error.end_offset)
    return (type(error).__name__, error.msg, *place, error.text)


def compare(source: str) -> tuple[object, object] | None:
    """Both refusals; None if the host accepts the source or cannot take it at all."""
    try:
        ast.parse(source, "<test>")
    except SyntaxError as error:
        host = attributes(error)
    except (ValueError, MemoryError, RecursionError):
        return None
    else:
        return None
    try:
        parse(source, filename="<test>")
    except SyntaxError as error:
        return host, attributes(error)
    return host, None


def main(seed: int, count: int, shown: int) -> None:
    warnings.simplefilter("ignore")
    chance = random.Random(seed)
    outcome: Counter[str] = Counter()
    stream = passages(chance)
    for number in range(count):
        if number % MUTANTS_PER_PASSAGE == 0:
            passage = next(stream)
        source = mutated(passage, chance)
        pair = compare(source)
        if pair is None:
            continue
        equal = pair[0] == pair[1]
        outcome["equal" if equal else "differ"] += 1
        if not equal and outcome["differ"] <= shown:
            print(repr(source), *pair, sep="\n  ")  # noqa: T201
    print(dict(outcome))  # noqa: T201


if __name__ == "__main__":
    main(*(int(text) for text in [*sys.argv[1:], "10"][:3]))
