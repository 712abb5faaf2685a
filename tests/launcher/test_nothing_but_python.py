"""Without anything of DX-Py in reach, ``dx-py`` is ``python``."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

LAUNCHER = Path(sysconfig.get_path("scripts")) / "dx-py"


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_bootstrap_leaves_no_trace_on_the_path() -> None:
    code = "import sys; print(sys.path, sorted(sys.modules), sys.orig_argv, sys.flags)"
    guest = run(LAUNCHER, "--python", sys.executable, "-c", code)
    assert guest.stdout == run(sys.executable, "-c", code).stdout
    assert guest.stderr == ""


def test_a_mistyped_command_is_answered_with_the_nearest(tmp_path: Path) -> None:
    answer = subprocess.run([LAUNCHER, "halp"], cwd=tmp_path, capture_output=True, check=False)
    assert answer.returncode == 2
    assert answer.stderr == b"dx-py: unknown command or file 'halp' (did you mean 'help'?)\n"


def test_a_launcher_without_its_package_runs_python_with_one_line(tmp_path: Path) -> None:
    moved = shutil.copy(LAUNCHER, tmp_path / "dx-py")
    answer = run(moved, "--python", sys.executable, "-c", "print('here')")
    assert answer.stdout == "here\n"
    assert answer.stderr.count("\n") <= 1
