"""Sources harvested from CPython's tests, in every mode, against the host.

    python -m tests.frontend.conformance.snippets [FOLDER]

Harvested are what the tests named in harvest.py compile, and every string constant in the files
of the tests (of FOLDER): as it stands, without its common indentation, and the examples in it.
What the host parses has the same tree with all positions; what it refuses is refused.
"""

from __future__ import annotations

import ast
import doctest
import json
import subprocess
import sys
import tempfile
import textwrap
import warnings
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import batched
from pathlib import Path

from tests.frontend.conformance.library import AGREED, parsers_verdict, prepare
from tests.frontend.trees import LIBRARY

MODES = ("exec", "eval", "single", "func_type")
HARVEST = Path(__file__).with_name("harvest.py")
LONGEST = 20_000
BATCH = 500


def constants(folder: Path) -> Iterator[str]:
    """Text of every string constant in the files of a folder that parse."""
    for path in sorted(folder.rglob("*.py")):
        try:
            tree = ast.parse(path.read_bytes())
        except (SyntaxError, ValueError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def readings(text: str) -> Iterator[str]:
    """What a string may be meant for: a source as it stands, an indented one, examples."""
    yield text
    yield textwrap.dedent(text).strip("\n") + "\n"
    try:
        yield from (example.source for example in doctest.DocTestParser().get_examples(text))
    except ValueError:  # its prompts are not in order
        return


def compiled_by_tests() -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "sources.json")
        command = [sys.executable, HARVEST, path]
        subprocess.run(command, check=True, cwd=folder, capture_output=True)
        sources: list[str] = json.loads(path.read_text())
    return sources


def verdicts(sources: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """(verdict, mode, source) of each source in each mode; the source only if they disagree."""
    found = [
        (parsers_verdict(source, mode), mode, source) for source in sources for mode in MODES
    ]
    return [(v, m, "" if v in AGREED else s) for v, m, s in found]


def main(folder: Path) -> int:
    warnings.simplefilter("ignore")
    harvested = dict.fromkeys(compiled_by_tests())
    texts = (reading for text in constants(folder) for reading in readings(text))
    harvested |= dict.fromkeys(text for text in texts if len(text) < LONGEST)
    counts: Counter[str] = Counter()
    with ProcessPoolExecutor(2, initializer=prepare) as executor:
        for found in executor.map(verdicts, batched(harvested, BATCH)):
            counts.update(f"{mode} {result}" for result, mode, _ in found)
            for result, mode, source in found:
                if source:
                    sys.stdout.write(f"{result}, {mode}: {source!r}\n")
    for key, count in sorted(counts.items()):
        sys.stdout.write(f"{count:8} {key}\n")
    wrong = [key for key in counts if not key.endswith(AGREED)]
    sys.stdout.write(f"{len(harvested)} sources in {len(MODES)} modes; differences: {wrong}\n")
    return int(bool(wrong) or not harvested)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else LIBRARY / "test"))
