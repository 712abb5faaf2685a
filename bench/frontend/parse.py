"""CPU time of the front end against ``ast.parse``, over the modules of the standard library.

    python -m bench.frontend.parse [rounds]

The contenders take turns within each round; each one's best round counts. Sources are in
memory, so that no contender pays for reading files.
"""

from __future__ import annotations

import ast
import gc
import sys
import sysconfig
import time
import warnings
from collections.abc import Callable
from pathlib import Path

from dx_py.frontend import _ast, native_parser
from dx_py.frontend.grammar.reader import read_grammar
from dx_py.frontend.parser import prepared
from dx_py.frontend.portable.parser import parse_utf8
from dx_py.frontend.tables import load_tables

VERSION = sys.version_info.minor


def library() -> list[bytes]:
    root = Path(sysconfig.get_path("stdlib"))
    return [path.read_bytes() for path in sorted(root.glob("*.py"))]


def to_artifact(source: bytes) -> object:
    return native_parser.parse_body(
        source,
        mode="exec",
        type_comments=False,
        minor_version=VERSION,
        allow_incomplete=False,
        barry_as_bdfl=False,
    )


def portable() -> Callable[[bytes], object]:
    tables = load_tables(read_grammar().digest)
    return lambda source: parse_utf8(
        prepared(source), tables, mode="EXEC", minor_version=VERSION
    )


CONTENDERS: dict[str, Callable[[bytes], object]] = {
    "ast.parse": ast.parse,
    "to the AST artifact (cffi)": to_artifact,
    "to the AST artifact (_ast)": _ast.artifact_body,
    "to ast objects": _ast.parse,
    "pure Python driver": portable(),
}


def seconds(parse: Callable[[bytes], object], sources: list[bytes]) -> float:
    gc.collect()
    start = time.process_time()
    for source in sources:
        parse(source)
    return time.process_time() - start


def main(rounds: int) -> None:
    warnings.simplefilter("ignore")
    sources = library()
    best = dict.fromkeys(CONTENDERS, float("inf"))
    for _ in range(rounds):
        for name, parse in CONTENDERS.items():
            best[name] = min(best[name], seconds(parse, sources))
    lines = sum(source.count(b"\n") for source in sources)
    print(f"{len(sources)} modules, {lines:,} lines, best of {rounds} rounds, CPU time")
    for name, taken in best.items():
        ratio = taken / best["ast.parse"]
        print(
            f"{name:<28} {taken:7.3f} s  {ratio:6.3f}x  {lines / taken / 1000:8,.0f} klines/s"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
