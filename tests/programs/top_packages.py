"""``make conformance-packages``: the most downloaded packages import as under python.

    python tests/programs/top_packages.py FOLDER REQUIREMENTS

REQUIREMENTS lists one distribution a line. They are installed once into an environment in
FOLDER; then each top-level module of each is imported, alone in its process, by python and by
DX-Py. Compared are what the import prints, its exit status and the modules it leaves behind.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness import environment

LAUNCHER = Path(sysconfig.get_path("scripts")) / "dx-py"
LIST = (
    "import importlib.metadata as m, json, sys\n"
    "wanted = {name.lower().replace('_', '-') for name in sys.argv[1:]}\n"
    "found = m.packages_distributions().items()\n"
    "print(json.dumps(sorted(module for module, owners in found if module.isidentifier()\n"
    "    and wanted & {owner.lower().replace('_', '-') for owner in owners})))\n"
)
IMPORT = (
    "import importlib, sys\n"
    "module = importlib.import_module(sys.argv[1])\n"
    "print(module.__name__, sorted(sys.modules))\n"
)


def main() -> int:
    folder, requirements = Path(sys.argv[1]).absolute(), Path(sys.argv[2]).absolute()
    python = environment(folder / "venv", "-r", requirements)
    wanted = requirements.read_text().split()
    listed = subprocess.run([python, "-c", LIST, *wanted], capture_output=True, check=True)
    modules = json.loads(listed.stdout)
    (folder / "import_one.py").write_text(IMPORT)
    with ThreadPoolExecutor(2) as pool:
        same = list(pool.map(lambda module: compare(folder, python, module), modules))
    print(f"{sum(same)} of {len(same)} modules of {len(wanted)} packages import the same")
    return 0 if all(same) else 1


def compare(folder: Path, python: Path, module: str) -> bool:
    kept = {key: os.environ[key] for key in os.environ if not key.startswith(("PYTHON", "DX_"))}
    ours = kept | {
        "DX_CACHE_DIR": str(folder / "store"),
        "DX_STATS": str(folder / "stats"),
        "DX_STRICT": "1",
        "DX_COMPILE": "all",
    }
    expected = run([python], folder, module, kept)
    found = run([LAUNCHER, "--python", python], folder, module, ours)
    if found != expected:
        print(f"{module}: {expected} under python, {found} under dx-py", flush=True)
    return found == expected


def run(interpreter: list[Path], folder: Path, module: str, env: dict[str, str]):
    command = [*interpreter, "import_one.py", module]
    done = subprocess.run(
        command, cwd=folder, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    return done.returncode, done.stdout, done.stderr


if __name__ == "__main__":
    sys.exit(main())
