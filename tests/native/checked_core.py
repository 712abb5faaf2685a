"""Run tests with a runtime core that checks its assertions, and undefined behaviour.

    python tests/native/checked_core.py TEST...

The core of this checkout is exchanged for one built that way until the tests have ended.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NAME = "dx_py.runtime_support._core"
#: What CPython's headers assert is checked, too.
FLAGS = ["-O1", "-g", "-UNDEBUG", "-fsanitize=undefined", "-fno-sanitize-recover=all"]


def build(target: Path) -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    [extension] = [e for e in settings["ext-modules"] if e["name"] == NAME]
    sources = [str(ROOT / source) for source in extension["sources"]]
    include = f"-I{sysconfig.get_path('include')}"
    command = ["cc", "-shared", "-fPIC", "-std=gnu11", *FLAGS, include]
    subprocess.run([*command, "-o", str(target), *sources, "-lm"], check=True)


def main(tests: list[str]) -> int:
    file = f"_core{sysconfig.get_config_var('EXT_SUFFIX')}"
    core, built = ROOT / "runtime_support" / file, ROOT / "build" / "checked-core" / file
    built.parent.mkdir(parents=True, exist_ok=True)
    build(built)
    # Not in the checkout, where a commit might take it along.
    kept = built.with_suffix(".kept")
    core.rename(kept)
    try:
        built.rename(core)
        return subprocess.run([sys.executable, "-m", "pytest", *tests], check=False).returncode
    finally:
        kept.replace(core)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
