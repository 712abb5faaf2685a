"""Every Python file of the host's library, of its tests, and of packages.

    python -m tests.frontend.conformance.library [FOLDER...]

For each file: the tree of the native parser is the host's with all positions; the artifact
says the same; unparsed and parsed again it is the same tree, and the host reads that text as we
do; the refused files are those that the host refuses. Exit status 1 on a difference.
"""

from __future__ import annotations

import ast
import gc
import sys
import sysconfig
import warnings
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from dx_py.artifacts.artifact import seal
from dx_py.frontend import _ast
from dx_py.frontend.to_ast import to_ast
from dx_py.frontend.unparser import unparse
from tests.frontend.host_oracle import REFUSALS, Parser, host
from tests.frontend.same_tree import same_tree
from tests.frontend.trees import structure

AGREED = ("equal", "refused by both")


def native(source: str | bytes, mode: str) -> ast.AST:
    return _ast.parse(source, "<unknown>", mode)


def through_artifact(source: str | bytes, mode: str) -> ast.AST:
    return to_ast(seal(_ast.artifact_body(source, "<unknown>", mode)))


def verdict(path: Path) -> str:
    source = path.read_bytes()
    found = parsers_verdict(source)
    if found != "equal":
        return found
    tree = native(source, "exec")
    if not same_tree(parsed(through_artifact, source), tree):
        return "the artifact differs"
    return round_trip(tree)


def parsers_verdict(source: str | bytes, mode: str = "exec") -> str:
    """One of AGREED, or how the native parser differs from the host."""
    theirs, ours = parsed(host, source, mode), parsed(native, source, mode)
    if ours is None or theirs is None:
        return "refused by both" if ours is theirs else "one refuses"
    return "equal" if same_tree(ours, theirs) else "trees differ"


def parsed(parser: Parser, source: str | bytes, mode: str = "exec") -> ast.AST | None:
    """The tree, or None for a refusal."""
    try:
        return parser(source, mode)
    except REFUSALS:
        return None


def round_trip(tree: ast.AST) -> str:
    text = unparse(tree).encode("utf-8", "surrogatepass")
    if parsers_verdict(text) != "equal":
        return "the unparsed text is parsed otherwise"
    again = native(text, "exec")
    if same_tree(again, tree, positions=False) or structure(again) == structure(tree):
        return "equal"
    return "the round trip differs"


def prepare() -> None:
    warnings.simplefilter("ignore")
    sys.setrecursionlimit(20_000)
    gc.disable()  # trees hold no cycles


def main(folders: list[str]) -> int:
    roots = folders or [sysconfig.get_path("stdlib"), sysconfig.get_path("purelib")]
    paths = sorted({path for root in roots for path in Path(root).rglob("*.py")})
    with ProcessPoolExecutor(2, initializer=prepare) as executor:
        verdicts = list(executor.map(verdict, paths, chunksize=16))
    for path, found in zip(paths, verdicts, strict=True):
        if found not in AGREED:
            sys.stdout.write(f"{found}: {path}\n")
    sys.stdout.write(f"{len(paths)} files: {dict(sorted(Counter(verdicts).items()))}\n")
    return int(not paths or not set(verdicts) <= set(AGREED))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
