"""``make run``: black formats a tree under DX-Py, and must do exactly what it does without.

The tree is a copy of some packages of the standard library. Compared are the exit status,
what black prints, and every byte of every file; then what DX-Py compiled is printed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PACKAGES = ("http", "json", "logging")
BIN = Path(sys.executable).parent


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        expected = run(scratch, "python", [str(BIN / "python")])
        dx_py = [str(BIN / "dx-py"), "run", "--compile=all", "--stats"]
        first = run(scratch, "dx-py, empty store", dx_py)
        second = run(scratch, "dx-py, from artifacts", dx_py)
    if first != expected or second != expected:
        print("black did something else under dx-py")
        return 1
    print(f"same output, same exit status, same {len(expected[2])} files")
    return 0


def run(scratch: Path, name: str, python: list[str]) -> tuple[int, str, dict[str, bytes]]:
    tree = scratch / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    for package in PACKAGES:
        shutil.copytree(Path(os.__file__).parent / package, tree / package)
    command = [*python, "-m", "black", "--workers=1", "--no-cache", "."]
    environment = {**os.environ, "DX_CACHE_DIR": str(scratch / "store")}
    before = time.perf_counter()
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True)
    seconds = time.perf_counter() - before
    told = [line for line in done.stderr.splitlines() if not line.startswith("dx-py: ")]
    print(f"{name}: {told[-1]} ({seconds:.1f} s, exit status {done.returncode})")
    print(
        "".join(f"  {line}\n" for line in done.stderr.splitlines() if line not in told), end=""
    )
    files = {str(path): path.read_bytes() for path in sorted(tree.rglob("*.py"))}
    return done.returncode, done.stdout + "\n".join(told), files


if __name__ == "__main__":
    sys.exit(main())
