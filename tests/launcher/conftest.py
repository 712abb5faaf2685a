"""The launchers under test, and interpreters for them to find."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from dx_py.driver.launcher_build import build_launcher
from dx_py.driver.portable_launcher.versions import find_version

#: These speak of POSIX: paths, links, signals, shells. Windows has test_any_platform.
collect_ignore_glob = ["test_[c-z]*.py"] if os.name == "nt" else []

#: `make wheel-test` runs the same tests on an installed wheel.
SCRIPT = Path(os.environ.get("DX_TEST_LAUNCHER", sysconfig.get_path("scripts") + "/dx-py"))
PYTHON = str(SCRIPT.with_name("python"))
PORTABLE = (PYTHON, "-I", "-m", "dx_py.driver.portable_launcher")
INTERPRETERS = ("3.10", "3.12", "3.13")


def has_native() -> bool:
    return os.environ.get("DX_PORTABLE") != "1" and SCRIPT.read_bytes()[:2] != b"#!"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a process ended; ``status`` is negative for a signal."""

    status: int
    output: bytes
    errors: bytes


def run(
    command: Sequence[str | Path],
    *,
    cwd: Path,
    environ: Mapping[str, str],
    stdin: bytes = b"",
) -> Outcome:
    done = subprocess.run(
        command, cwd=cwd, env=environ, input=stdin, capture_output=True, check=False, timeout=60
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


@pytest.fixture(params=["native", "portable"])
def launcher(request: pytest.FixtureRequest) -> tuple[str, ...]:
    if request.param == "portable":
        return PORTABLE
    if not has_native():
        pytest.skip("no native launcher in this build")
    return (str(SCRIPT),)


@pytest.fixture(scope="session")
def relocatable(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A native launcher that looks for the package near itself only, as those of wheels do."""
    if os.environ.get("DX_PORTABLE") == "1" or not shutil.which("cc"):
        pytest.skip("needs a C compiler")
    folder = tmp_path_factory.mktemp("relocatable")
    build_launcher(folder / "dx-py", folder / "work")
    return folder / "dx-py"


@pytest.fixture(scope="session")
def environments(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Version -> a fresh virtual environment, for the interpreters of this machine."""
    folder = tmp_path_factory.mktemp("environments")
    made = {}
    for version in INTERPRETERS:
        python = sys.executable if version == "3.12" else find_version(version)
        if python is not None:
            made[version] = folder / version
            command = [python, "-m", "venv", "--without-pip", made[version]]
            subprocess.run(command, check=True)
    return made


@pytest.fixture
def environment(environments: dict[str, Path]) -> Path:
    return environments["3.12"]


@pytest.fixture
def environ(environment: Path, tmp_path: Path) -> dict[str, str]:
    """A small process environment in which ``environment`` is the active one.

    `make conformance-launcher` adds DX_COMPILE; the store is empty, as HOME is.
    """
    compiling = os.environ.get("DX_TEST_COMPILE")
    return ({"DX_COMPILE": compiling} if compiling else {}) | {
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "PATH": f"{environment}/bin:/usr/bin:/bin",
        "VIRTUAL_ENV": str(environment),
    }
