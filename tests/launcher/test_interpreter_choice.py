"""Which interpreter ``dx-py`` becomes."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from .conftest import PYTHON, Outcome, run

SHOW = ("-c", "import sys; print(sys.executable)")


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """A process environment in which no virtual environment is active."""
    return {"HOME": str(tmp_path), "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"}


def chosen(outcome: Outcome) -> Path:
    assert (outcome.status, outcome.errors) == (0, b"")
    return Path(os.fsdecode(outcome.output.strip()))


def make_environment(folder: Path, version: str = "3.12.1") -> Path:
    """As ``python -m venv`` makes it, for the interpreter that runs the tests."""
    (folder / "bin").mkdir(parents=True)
    base = Path(sys.base_prefix, "bin")
    (folder / "bin" / "python").symlink_to(base / "python3")
    configuration = f"home = {base}\nversion = {version}\n"
    (folder / "pyvenv.cfg").write_text(configuration, encoding="utf-8")
    return folder / "bin" / "python"


def test_its_own_where_nothing_else_is(
    launcher: tuple[str, ...], bare: dict[str, str], tmp_path: Path
) -> None:
    assert chosen(run([*launcher, *SHOW], cwd=tmp_path, environ=bare)) == Path(PYTHON)


def test_the_project_environment_of_a_folder_above(
    launcher: tuple[str, ...], bare: dict[str, str], tmp_path: Path
) -> None:
    python = make_environment(tmp_path / ".venv")
    inner = tmp_path / "src" / "deep"
    inner.mkdir(parents=True)
    assert chosen(run([*launcher, *SHOW], cwd=inner, environ=bare)) == python


def test_the_active_environment_before_the_project(
    launcher: tuple[str, ...], bare: dict[str, str], tmp_path: Path
) -> None:
    make_environment(tmp_path / ".venv")
    active = make_environment(tmp_path / "active")
    bare["VIRTUAL_ENV"] = str(tmp_path / "active")
    assert chosen(run([*launcher, *SHOW], cwd=tmp_path, environ=bare)) == active


@pytest.mark.parametrize(("name", "winner"), [("work", "conda"), ("base", ".venv")])
def test_the_base_environment_of_conda_after_the_project(
    name: str, winner: str, launcher: tuple[str, ...], bare: dict[str, str], tmp_path: Path
) -> None:
    made = {folder: make_environment(tmp_path / folder) for folder in ("conda", ".venv")}
    bare |= {"CONDA_PREFIX": str(tmp_path / "conda"), "CONDA_DEFAULT_ENV": name}
    assert chosen(run([*launcher, *SHOW], cwd=tmp_path, environ=bare)) == made[winner]


def test_a_broken_active_environment_is_passed_over_with_one_line(
    launcher: tuple[str, ...], bare: dict[str, str], tmp_path: Path
) -> None:
    bare["VIRTUAL_ENV"] = "/nonexistent"
    outcome = run([*launcher, *SHOW], cwd=tmp_path, environ=bare)
    assert outcome.output == os.fsencode(PYTHON + "\n")
    problem = "no interpreter in '/nonexistent' (VIRTUAL_ENV)"
    assert outcome.errors == f"dx-py: {problem}; using '{PYTHON}'\n".encode()


@pytest.mark.skipif(not hasattr(os, "chown") or os.getuid() != 0, reason="needs to be root")
def test_an_environment_that_someone_else_put_above_is_passed_over(
    launcher: tuple[str, ...], bare: dict[str, str], tmp_path: Path
) -> None:
    make_environment(tmp_path / ".venv")
    os.chown(tmp_path / ".venv", 12345, 12345)
    (tmp_path / "mine").mkdir()
    outcome = run([*launcher, *SHOW], cwd=tmp_path / "mine", environ=bare)
    assert chosen(outcome) == Path(PYTHON)
    os.chown(tmp_path / "mine", 12345, 12345)
    outcome = run([*launcher, *SHOW], cwd=tmp_path / "mine", environ=bare)
    assert chosen(outcome) == tmp_path / ".venv/bin/python"


@pytest.mark.parametrize("form", ["path", "folder", "attached", "after an option", "variable"])
def test_the_one_asked_for(
    form: str, launcher: tuple[str, ...], bare: dict[str, str], tmp_path: Path
) -> None:
    make_environment(tmp_path / ".venv")
    python = make_environment(tmp_path / "other")
    folder = str(python.parent.parent)
    options = {
        "path": ["--python", str(python)],
        "folder": ["--python", folder],
        "attached": [f"--python={folder}"],
        "after an option": ["-B", "--python", folder],
        "variable": [],
    }[form]
    if form == "variable":
        bare["DX_PYTHON"] = folder
    outcome = run([*launcher, *options, *SHOW], cwd=tmp_path, environ=bare)
    assert chosen(outcome) == python


def make_installation(folder: Path) -> Path:
    python = folder / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\necho "{python}"\n', encoding="utf-8")
    python.chmod(0o755)
    return python


@pytest.mark.parametrize(
    ("version", "found"),
    [
        ("3.9", "3.9.18"),
        ("3.9.2", "3.9.2"),
        ("3.1", "3.1.4"),
        ("3", "3.12.10"),
        ("2", "2.7.18"),
    ],
)
def test_the_newest_that_has_the_version(
    version: str, found: str, launcher: tuple[str, ...], bare: dict[str, str], tmp_path: Path
) -> None:
    bare |= {"PYENV_ROOT": str(tmp_path / "pyenv"), "PATH": str(tmp_path)}
    for kept in ("2.7.18", "3.1.4", "3.9.2", "3.9.18", "3.12.9"):
        make_installation(tmp_path / "pyenv" / "versions" / kept)
    make_installation(tmp_path / ".local/share/uv/python/cpython-3.12.10-linux-x86_64")
    outcome = run([*launcher, "--python", version, "x.py"], cwd=tmp_path, environ=bare)
    assert chosen(outcome).parent.parent.name.removeprefix("cpython-").startswith(found)


def test_the_project_environment_if_it_has_the_version(
    launcher: tuple[str, ...], bare: dict[str, str], tmp_path: Path
) -> None:
    python = make_environment(tmp_path / ".venv", version="3.12.77")
    make_installation(tmp_path / ".pyenv/versions/3.12.99")
    outcome = run([*launcher, "--python", "3.12", *SHOW], cwd=tmp_path, environ=bare)
    assert chosen(outcome) == python


def test_a_version_that_is_nowhere_is_answered_with_those_that_are(
    launcher: tuple[str, ...], bare: dict[str, str], tmp_path: Path
) -> None:
    bare["PATH"] = str(tmp_path)
    for kept in ("3.9.18", "3.10.2"):
        make_installation(tmp_path / ".pyenv/versions" / kept)
    outcome = run([*launcher, "--python", "3.77", "x.py"], cwd=tmp_path, environ=bare)
    assert (outcome.status, outcome.output) == (2, b"")
    assert outcome.errors == (
        b"dx-py: no interpreter '3.77' (give a path, an environment's folder, or one of these"
        b" versions: 3.9.18, 3.10.2)\n"
    )


def test_a_link_to_the_launcher_is_no_interpreter(
    relocatable: Path, bare: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "bin").mkdir()
    shutil.copy(relocatable, tmp_path / "bin" / "dx-py")
    (tmp_path / "bin" / "python").symlink_to("dx-py")
    bare |= {"VIRTUAL_ENV": str(tmp_path), "PATH": str(Path(sys.base_prefix, "bin"))}
    command = [tmp_path / "bin" / "python", *SHOW]
    outcome = run(command, cwd=tmp_path, environ=bare)
    assert Path(os.fsdecode(outcome.output.strip())).parent == Path(sys.base_prefix, "bin")
