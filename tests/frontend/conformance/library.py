"""Every Python file of the host's library, its tests and site-packages included.

    python -m tests.frontend.library_conformance [FOLDER...]

For each file: the tree of the native parser is the host's with all positions; the artifact
says the same; the refused files are those that the host refuses.
"""

from __future__ import annotations

import sys
import sysconfig
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from dx_py.artifacts.artifact import seal
from dx_py.frontend import _ast
from dx_py.frontend.to_ast import to_ast
from tests.frontend.host_oracle import host, outcome


def native(source: bytes, mode: str) -> object:
    return _ast.parse(source, "<unknown>", mode)


def through_artifact(source: bytes, mode: str) -> object:
    return to_ast(seal(_ast.artifact_body(source, "<unknown>", mode)))


def verdict(path: Path) -> str:
    source = path.read_bytes()
    theirs = outcome(host, source)
    if outcome(native, source) != theirs:
        return "differs"
    if outcome(through_artifact, source) != theirs:
        return "the artifact differs"
    return "refused by both" if theirs == "refused" else "equal"


def main(folders: list[str]) -> int:
    roots = folders or [sysconfig.get_path("stdlib"), sysconfig.get_path("purelib")]
    paths = sorted({path for root in roots for path in Path(root).rglob("*.py")})
    with ProcessPoolExecutor(2) as executor:
        verdicts = list(executor.map(verdict, paths, chunksize=16))
    for path, found in zip(paths, verdicts, strict=True):
        if found not in ("equal", "refused by both"):
            sys.stdout.write(f"{found}: {path}\n")
    counts = Counter(verdicts)
    sys.stdout.write(f"{len(paths)} files: {dict(sorted(counts.items()))}\n")
    return int(set(counts) > {"equal", "refused by both"})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
