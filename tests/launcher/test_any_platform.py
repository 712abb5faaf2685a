"""What holds wherever Python runs, Windows included."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

LAUNCHER = (sys.executable, "-I", "-m", "dx_py.driver.portable_launcher")
SHOW = "import sys; print(sys.argv, sys.path, sorted(sys.modules), sys.flags, sys.executable)"


def run(*command: str, cwd: Path) -> tuple[int, str, str]:
    environ = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    environ["DX_PYTHON"] = sys.executable
    done = subprocess.run(
        command, cwd=cwd, env=environ, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["-c", SHOW, "a b", "-x", ""],
        ["show.py", "a"],
        ["-m", "show", "-h"],
        ["-O", "-W", "error", "show.py"],
        ["-I", "-c", SHOW],
        ["-c", "raise SystemExit(7)"],
        ["missing.py"],
    ],
)
def test_programs_start_as_under_python(arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "show.py").write_text(SHOW, encoding="utf-8")
    expected = run(sys.executable, *arguments, cwd=tmp_path)
    assert run(*LAUNCHER, *arguments, cwd=tmp_path) == expected


def test_sub_commands_are_reached(tmp_path: Path) -> None:
    status, output, errors = run(*LAUNCHER, "version", cwd=tmp_path)
    assert (status, errors) == (0, "")
    assert output.startswith("dx-py ")
