"""The native parser, PLY's own and the portable one over the whole library: equal artifacts.

python tests/frontend/conformance/reference.py [FOLDER...]    exit status 1 on a difference
"""

from __future__ import annotations

import sys
import sysconfig
import warnings
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from dx_py.artifacts.artifact import seal
from dx_py.frontend import ast_artifact, native_parser
from dx_py.frontend.encoding import to_utf8
from dx_py.frontend.grammar.reader import read_grammar
from dx_py.frontend.parser import prepared
from dx_py.frontend.portable import parser as portable
from dx_py.frontend.portable.tokens import Refusal
from dx_py.frontend.reference import parser as reference
from dx_py.frontend.syntax_error import Fault
from dx_py.frontend.tables import load_tables

TABLES = load_tables(read_grammar().digest)
REFUSED = "refused"


def native_artifact(text: bytes) -> bytes | str:
    try:
        body = native_parser.parse_body(
            text,
            mode="exec",
            type_comments=False,
            minor_version=12,
            allow_incomplete=False,
            barry_as_bdfl=False,
        )
    except Fault:
        return REFUSED
    return seal(body)


def python_artifact(parse: Callable[..., portable.Parsed], text: bytes) -> bytes | str:
    try:
        found = parse(prepared(text), TABLES, mode="EXEC", minor_version=12)
    except (Refusal, Fault):
        return REFUSED
    marks = [(line, column, message) for (line, column), message in found.warnings]
    return ast_artifact.encode(found.tree, mode="exec", warnings=marks)


def verdict(path: Path) -> str:
    warnings.simplefilter("ignore")
    try:
        text = to_utf8(path.read_bytes(), filename=str(path))
    except SyntaxError:
        return "not decodable"
    native = native_artifact(text)
    drivers = {"PLY": reference.parse_utf8, "portable": portable.parse_utf8}
    others = {name: python_artifact(parse, text) for name, parse in drivers.items()}
    different = [name for name, artifact in others.items() if artifact != native]
    if different:
        return f"DIFFERENT: {path}: {', '.join(different)}"
    return "refused by all" if native == REFUSED else "identical artifacts"


def main(folders: list[str]) -> int:
    roots = [Path(folder) for folder in folders] or [Path(sysconfig.get_path("stdlib"))]
    paths = sorted(path for root in roots for path in root.rglob("*.py"))
    with ProcessPoolExecutor() as pool:
        counts = Counter(pool.map(verdict, paths, chunksize=16))
    for result, count in sorted(counts.items()):
        print(f"{count:6} {result}")  # noqa: T201 - the report
    return int(any(result.startswith("DIFFERENT") for result in counts))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
