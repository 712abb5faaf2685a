"""``make conformance-extensions``: popular C extensions under ``DX_JIT=sync``.

    python tests/programs/extensions.py FOLDER

The distributions of ``extensions.txt``, the 25 of the 100 most downloaded that have C
extensions for this interpreter, are installed once into an environment in FOLDER, from wheels.
Each imports and does one operation by python and by DX-Py; what they print is compared, and how
many functions had native code is told.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Mapping
from pathlib import Path

from extension_operations import FURTHER, HARNESS, OPERATIONS
from harness import environment

HERE = Path(__file__).parent
LAUNCHER = Path(sysconfig.get_path("scripts")) / "dx-py"


def main() -> int:
    folder = Path(sys.argv[1]).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    wheels = ("--only-binary", ":all:", "-r", HERE / "extensions.txt", *FURTHER)
    python = environment(folder / "venv", *wheels)
    wanted = {**OPERATIONS, **FURTHER}
    same = [compare(python, name, source + HARNESS) for name, source in wanted.items()]
    print(f"{sum(same)} of {len(same)} extensions do the same under DX_JIT=sync")
    return 0 if all(same) else 1


def compare(python: Path, name: str, source: str) -> bool:
    with tempfile.TemporaryDirectory() as scratch:
        program = Path(scratch) / "program.py"
        program.write_text(source, encoding="utf-8")
        report = Path(scratch) / "report.json"
        plain = run([python, program], {})
        settings = {"DX_JIT": "sync", "DX_CACHE_DIR": f"{scratch}/store"}
        words = [LAUNCHER, "--python", python, "run", "--stats-json", report, program]
        ours = run(words, settings)
        native = functions_of(report)
    print(f"{name}: {verdict(plain, ours)}, {native} functions native", flush=True)
    return plain == ours and plain[0] == 0


def verdict(plain: tuple[int, str], ours: tuple[int, str]) -> str:
    if plain[0] != 0:
        return f"fails under python: {plain[1][-300:]!r}"
    return "the same" if plain == ours else f"python {plain!r}, dx-py {ours!r}"


def run(command: list[str | Path], settings: Mapping[str, str]) -> tuple[int, str]:
    kept = {key: os.environ[key] for key in os.environ if not key.startswith(("PYTHON", "DX_"))}
    done = subprocess.run(
        [str(word) for word in command],
        env=kept | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=1200,
    )
    return done.returncode, done.stdout


def functions_of(report: Path) -> int:
    if not report.exists():
        return 0
    native = json.loads(report.read_text(encoding="utf-8")).get("native", {})
    return sum(function["native"] for function in native.get("functions", ()))


if __name__ == "__main__":
    sys.exit(main())
