"""``make conformance-numpy``: numpy's and pandas' own tests, natively and interpreted.

    python tests/programs/array_tests.py [--jit MODE] [--resume] FOLDER [PATH...]

Both are installed once into an environment in FOLDER, from wheels. Each test file runs in a
process of its own by python and by DX-Py with ``DX_JIT=MODE``, all with one store; PATHs, below
``site-packages``, are by default those of ``SUITES``. A test whose outcome differs is run again
by python, and counts unless it differs there, too. Rows go into ``MODE.tsv``, and with --resume
files that have one are not run again. The exit status is 0 without a difference.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness import environment

HERE = Path(__file__).parent
LAUNCHER = Path(sysconfig.get_path("scripts")) / "dx-py"
SCRIPT = HERE / "scripts" / "outcomes_of_tests.py"
REQUIREMENTS = ("numpy==2.5.5", "pandas==3.1.1", "pytest==9.2.0", "hypothesis==6.170.15")
ARRAYS, LIBRARY, MASKED = "numpy/_core/tests", "numpy/lib/tests", "numpy/ma/tests"
#: Of these modes; under ``sync`` most of the time is the compiler's.
SUITES = {
    "1": (
        *(ARRAYS, LIBRARY, MASKED, "numpy/polynomial/tests"),
        *("pandas/tests/arrays", "pandas/tests/base", "pandas/tests/dtypes"),
    ),
    "sync": (
        *(MASKED, "numpy/polynomial/tests", f"{LIBRARY}/test_function_base.py"),
        *(
            f"{ARRAYS}/test_{name}.py"
            for name in ("arrayprint", "einsum", "numeric", "records")
        ),
        *("pandas/tests/base", "pandas/tests/scalar"),
    ),
}
#: A row's file has hung if it takes longer.
MOST_SECONDS = 3600

Outcomes = dict[str, list[str]]


def main() -> int:
    options = parse_arguments()
    folder = options.folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    suite = Suite(folder, environment(folder / "venv", *REQUIREMENTS), options.jit)
    known = suite.recorded() if options.resume else {}
    for path in suite.files(options.paths or SUITES[options.jit]):
        if path not in known:
            known[path] = suite.compare(path)
            with suite.rows.open("a") as file:
                print(path, *known[path], sep="\t", file=file)
    tests, differing = (sum(column) for column in zip(*known.values(), strict=True))
    print(f"DX_JIT={options.jit}: {tests} tests in {len(known)} files, {differing} differ")
    return 1 if differing else 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--jit", choices=("1", "sync"), default="1")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("folder", type=Path)
    parser.add_argument("paths", nargs="*")
    return parser.parse_args()


@dataclass(frozen=True, slots=True)
class Suite:
    folder: Path
    python: Path
    jit: str

    @property
    def rows(self) -> Path:
        return self.folder / f"{self.jit}.tsv"

    @property
    def packages(self) -> Path:
        version = f"python3.{sys.version_info.minor}"
        return self.folder / "venv" / "lib" / version / "site-packages"

    def recorded(self) -> dict[str, tuple[int, int]]:
        lines = self.rows.read_text().splitlines() if self.rows.exists() else []
        rows = (line.split("\t") for line in lines)
        return {path: (int(tests), int(differing)) for path, tests, differing in rows}

    def files(self, paths: tuple[str, ...]) -> Iterator[str]:
        for path in paths:
            whole = self.packages / path
            found = [whole] if whole.is_file() else sorted(whole.rglob("test_*.py"))
            yield from (str(file.relative_to(self.packages)) for file in found)

    def compare(self, path: str) -> tuple[int, int]:
        """How many tests the file has, and how many have another outcome."""
        host = self.outcomes(path, [self.python], {})
        native = {"DX_JIT": self.jit, "DX_CACHE_DIR": str(self.folder / f"store-{self.jit}")}
        ours = self.outcomes(path, [LAUNCHER, "--python", self.python, "run"], native)
        differing = differences(host, ours)
        if differing:
            unstable = differences(host, self.outcomes(path, [self.python], {}))
            differing = [name for name in differing if name not in unstable]
        for name in differing:
            print(f"{name}: python {host.get(name)}, dx-py {ours.get(name)}", flush=True)
        print(f"{path}: {len(host)} tests, {len(differing)} differ", flush=True)
        return len(host), len(differing)

    def outcomes(
        self, path: str, words: list[str | Path], settings: dict[str, str]
    ) -> Outcomes:
        """Of each test; what the file wrote stays in the folder."""
        result, log = self.folder / "outcomes.json", self.folder / log_name(path, settings)
        result.unlink(missing_ok=True)
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "DX_"))}
        arguments = [SCRIPT, result, "-p", "no:cacheprovider", "-q", "-ra", "--tb=short"]
        with log.open("wb") as output:
            done = subprocess.run(
                [*words, *arguments, "--hypothesis-seed=0", self.packages / path],
                env=kept | settings | {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"},
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
                timeout=MOST_SECONDS,
            )
        ended = {f"{path} ended": [f"status {done.returncode}"]}
        if not result.exists():
            return ended
        found: Outcomes = json.loads(result.read_text(encoding="utf-8"))
        return found | (ended if done.returncode < 0 else {})


def log_name(path: str, settings: dict[str, str]) -> str:
    return f"{path.replace('/', '.')}.{settings.get('DX_JIT', 'python')}.log"


def differences(one: Outcomes, other: Outcomes) -> list[str]:
    return [name for name in {**one, **other} if one.get(name) != other.get(name)]


if __name__ == "__main__":
    sys.exit(main())
