"""``dx-py venv``: what the standard library makes, only sooner."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dx_py.pkg.commands.venv import venv
from dx_py.pkg.install import native


def tree(folder: Path, name: str) -> dict[str, object]:
    """Files with the folder's own path and name taken out, and links."""
    found: dict[str, object] = {}
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[relative] = str(path.readlink())
        elif path.is_file():
            data = path.read_bytes().decode("latin-1").replace(str(folder), "HERE")
            lines = data.replace(name, "NAME").splitlines()
            # The command line, and the hashes of scripts, hold the path in another shape.
            own = ("command =", "../../../bin/")
            found[relative] = [line for line in lines if not line.startswith(own)]
        else:
            found[relative] = None
    return found


@pytest.mark.parametrize("options", [[], ["--system-site-packages"]])
def test_files_are_those_of_the_standard_library(tmp_path, options):
    ours, theirs = tmp_path / "dxours", tmp_path / "dxtheirs"
    base = sys._base_executable
    assert venv(["--without-pip", "--python", base, *options, str(ours)]) == 0
    subprocess.run([base, "-m", "venv", "--without-pip", *options, str(theirs)], check=True)
    assert tree(ours, "dxours") == tree(theirs, "dxtheirs")


def test_a_path_that_needs_quoting(tmp_path):
    folder = tmp_path / "it's here"
    assert venv(["--without-pip", str(folder)]) == 0
    done = subprocess.run(
        [folder / "bin" / "python", "-c", "import sys; print(sys.prefix)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == str(folder)


def test_pip_is_there_and_works(tmp_path):
    folder = tmp_path / "env"
    assert venv(["--python", sys.executable, str(folder)]) == 0
    major, minor = sys.version_info[:2]
    for name in ("pip", "pip3", f"pip{major}.{minor}"):
        assert (folder / "bin" / name).exists()
    done = subprocess.run(
        [folder / "bin" / "pip", "list", "--format", "freeze", "--disable-pip-version-check"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.startswith("pip==")


def test_clear_empties_an_environment_and_nothing_else(tmp_path, capsys):
    folder = tmp_path / "env"
    venv(["--without-pip", str(folder)])
    (folder / "stray").write_text("")
    assert venv(["--without-pip", "--clear", str(folder)]) == 0
    assert not (folder / "stray").exists()
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "data").write_text("")
    assert venv(["--without-pip", "--clear", str(precious)]) == 1
    assert (precious / "data").exists()
    assert "is no environment" in capsys.readouterr().err


def test_the_prompt_can_be_named(tmp_path):
    folder = tmp_path / "env"
    venv(["--without-pip", "--prompt", "mine", str(folder)])
    assert "prompt = 'mine'" in (folder / "pyvenv.cfg").read_text()


def test_a_folder_is_needed(capsys):
    assert venv([]) == 2
    assert "needs a folder" in capsys.readouterr().err


needs_native = pytest.mark.skipif(native.library() is None, reason="no native code here")


@needs_native
@pytest.mark.parametrize("options", [[], ["--without-pip"]])
def test_the_next_one_needs_no_python(tmp_path, options):
    words = ["--python", sys._base_executable, *options]
    first, second = tmp_path / "dxfirst", tmp_path / "dxsecond"
    assert venv([*words, str(first)]) == 0
    assert native.answer(["venv", *words, str(second)]) == (0, "", "")
    for folder in (first, second):
        shutil.rmtree(folder / ".dx-py", ignore_errors=True)
    assert tree(first, "dxfirst") == tree(second, "dxsecond")


@needs_native
@pytest.mark.parametrize(
    "words",
    [["--clear", "DIR"], ["--prompt", "x", "DIR"], ["DIR", "DIR2"], ["it's"], ["EMPTY"],
     ["-p", "~/python", "DIR"], ["-p", "absent", "DIR"], []],
)  # fmt: skip
def test_other_environments_are_pythons(tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    assert venv(["--without-pip", "--python", sys._base_executable, "first"]) == 0
    (tmp_path / "EMPTY").mkdir()
    base = [] if "-p" in words else ["--python", sys._base_executable]
    assert native.answer(["venv", "--without-pip", *base, *words]) is None
    assert sorted(path.name for path in tmp_path.iterdir()) == ["EMPTY", "first"]


@needs_native
def test_a_changed_interpreter_makes_its_own_environments(tmp_path):
    python = tmp_path / "python3"
    python.symlink_to(sys._base_executable)
    words = ["--without-pip", "--python", str(python)]
    assert venv([*words, str(tmp_path / "a")]) == 0
    assert native.answer(["venv", *words, str(tmp_path / "b")]).status == 0
    python.unlink()
    python.write_text("#!/bin/sh\nexec " + sys._base_executable + ' "$@"\n')
    assert native.answer(["venv", *words, str(tmp_path / "c")]) is None
