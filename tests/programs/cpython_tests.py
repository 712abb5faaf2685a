"""``make conformance-runtime``: CPython's own tests, every module through our compiler.

    python tests/programs/cpython_tests.py [--stress] [--jit MODE] [--guards N] [--resume]
                                           [--jobs N] FOLDER [NAME ...]

One process a test file, as ``python -m test NAME``. A file that does not pass under DX-Py is
run again under the interpreter alone, and is a miss only if it passes there. FOLDER, outside
the checkout, gets the logs and a row a file in ``verdicts.tsv``; with --resume the files that
have a row there are not run again. With --guards each guard of native code fails once in about
N times. The exit status is 0 with at most five misses.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import sysconfig
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

LAUNCHER = Path(sysconfig.get_path("scripts")) / "dx-py"
ALLOWED_MISSES = 5
#: The installation that the virtual environment was made from has the tests.
PYTHON = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"


def main() -> int:
    options = parse_arguments()
    # A background job has SIGINT ignored, and the tests would inherit that.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    options.folder.mkdir(parents=True, exist_ok=True)
    suite = Suite(options.folder.absolute(), is_stress=options.stress, jit=options.jit)
    suite.ours["DX_JIT_STRESS"] = options.guards
    names = options.names or suite.names()
    known = suite.recorded() if options.resume else {}
    with ThreadPoolExecutor(options.jobs) as pool:
        list(pool.map(suite.judge, [name for name in names if name not in known]))
    verdicts = {name: verdict for name, verdict in suite.recorded().items() if name in names}
    misses = [name for name, verdict in verdicts.items() if verdict == "miss"]
    print(Counter(verdicts.values()))
    for name in misses:
        print(f"miss: {name}: {', '.join(suite.failed_methods(name)) or 'no method named'}")
    return 0 if len(misses) <= ALLOWED_MISSES else 1


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--stress", action="store_true")
    parser.add_argument("--jit", choices=("1", "sync"), default="")
    parser.add_argument("--guards", default="")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*")
    return parser.parse_args()


class Suite:
    """``jit``: the setting of the native tier, whose runs leave the front end alone."""

    def __init__(self, folder: Path, *, is_stress: bool, jit: str) -> None:
        self.folder = folder
        self.verdicts = folder / "verdicts.tsv"
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "DX_"))}
        self.plain = kept
        self.ours = kept | {
            "DX_COMPILE": "auto" if jit else "all",
            "DX_JIT": jit or "0",
            "DX_JIT_IMPORTS": "1" if jit == "sync" else "0",
            # The test runner adds an audit hook, under which nothing would be compiled.
            "DX_JIT_AUDITED": "1" if jit else "0",
            "DX_CACHE_DIR": str(folder / "store"),
            "DX_STATS": str(folder / "stats"),
            "DX_COMPILE_STRESS": "1" if is_stress else "0",
        }

    def names(self) -> list[str]:
        command = [PYTHON, "-m", "test", "--list-tests"]
        return subprocess.run(
            command, capture_output=True, text=True, check=True, env=self.plain
        ).stdout.split()

    def judge(self, name: str) -> str:
        verdict = self.run(name, "dx-py", [LAUNCHER, "--python", PYTHON], self.ours)
        if verdict == "failed":
            alone = self.run(name, "python", [PYTHON], self.plain)
            verdict = "miss" if alone == "passed" else "fails under python too"
        with self.verdicts.open("a") as file:
            file.write(f"{name}\t{verdict}\n")
        print(f"{name}\t{verdict}", flush=True)
        return verdict

    def recorded(self) -> dict[str, str]:
        """The last verdict on each file."""
        if not self.verdicts.exists():
            return {}
        rows = (line.split("\t", 1) for line in self.verdicts.read_text().splitlines())
        return dict(rows)

    def failed_methods(self, name: str) -> list[str]:
        """By their names in tracebacks: a single failure is reported without a heading."""
        text = self.log(name, "dx-py").read_text(errors="replace")
        return sorted(set(re.findall(r"^  File .*, in (test\w+)$", text, re.MULTILINE)))

    def log(self, name: str, who: str) -> Path:
        return self.folder / f"{name}.{who}.txt"

    def run(self, name: str, who: str, interpreter: list[Path | str], env) -> str:
        log = self.log(name, who)
        # Where each function is compiled before it goes on, a file takes some minutes more.
        limit = "3600" if env.get("DX_JIT") == "sync" else "300"
        command = [*interpreter, "-m", "test", "--timeout", limit, name]
        with log.open("wb") as file:
            # Not in the checkout, whose `pkg` would be found in place of the tests' own.
            status = subprocess.call(
                command,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                env=env,
            )
        text = log.read_text(errors="replace")
        if status in (0, 4) and re.search(r"\b1 test skipped|skipped --", text):
            return "skipped"
        return "passed" if status == 0 else "failed"


if __name__ == "__main__":
    sys.exit(main())
