"""DX-Py compiled by itself: its compiler then gives the same artifacts."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LAUNCHER = Path(sysconfig.get_path("scripts")) / "dx-py"
COMPILE = ("-m", "dx_py.driver.dxc", "--strict", "--engine", "process")


def objects(store: Path) -> set[str]:
    return {path.parent.name + path.name for path in (store / "v1" / "objects").glob("*/*")}


@pytest.mark.skipif(os.environ.get("DX_PORTABLE") == "1", reason="needs the native front end")
def test_the_compiler_compiled_by_itself_gives_the_same_artifacts(tmp_path: Path) -> None:
    hidden = ("PYTHON", "DX_")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(hidden)}
    plain, own, stats = tmp_path / "plain", tmp_path / "own", tmp_path / "stats"
    tree = str(ROOT / "backend" / "bytecode")
    command = [sys.executable, *COMPILE, tree]
    subprocess.run(command, env=kept | {"DX_CACHE_DIR": str(plain)}, cwd=tmp_path, check=True)
    settings = {
        "DX_CACHE_DIR": str(own),
        "DX_COMPILE": "all",
        "DX_STATS": str(stats),
        "DX_STRICT": "1",
    }
    command = [str(LAUNCHER), "--python", sys.executable, *COMPILE, tree]
    subprocess.run(command, env=kept | settings, cwd=tmp_path, check=True)
    made = objects(plain)
    assert len(made) > 30
    assert made <= objects(own)
    counts = re.search(r"(\d+) sources through the compiler", stats.read_text())
    assert counts is not None
    assert int(counts[1]) > 100
    assert "wrongly" not in stats.read_text()
