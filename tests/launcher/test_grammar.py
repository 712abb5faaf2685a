"""What a command line asks for: the plans of the native and the portable launcher."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dx_py.driver.portable_launcher.command_line import parse
from dx_py.driver.portable_launcher.installation import find_installation
from dx_py.driver.portable_launcher.plan import format_plan, make_plan

from .conftest import PYTHON, SCRIPT, Outcome, has_native, run

PLAIN_WORDS = """
-c -m - -- -B -Bc -BI -E -S -W -Werror -X -Xdev -XW -bW -Z -V -h -mpip --check-hash-based-pycs
--compile --compile=all --compile=al --dx-version --help --python --python= --stat --stats
--stats-json --stats-json=x --profile-out --profile-out=
--python=/nonexistent --verison --version a.py cache help ./x / nonexistent pip pytest run ru
test venv version é
"""
WORDS = [*PLAIN_WORDS.split(), "", "-m pytest", "a\nb\\"]


def plan(launcher: tuple[str, ...], arguments: list[str], cwd: Path, **environ: str) -> Outcome:
    environ = {"HOME": str(cwd), "PATH": "/usr/bin:/bin", **environ}
    return run([*launcher, "--dx-plan", *arguments], cwd=cwd, environ=environ)


def shown(outcome: Outcome) -> list[str]:
    assert (outcome.status, outcome.errors) == (0, b"")
    return os.fsdecode(outcome.output).splitlines()


def arguments_of(outcome: Outcome) -> list[str]:
    label = "argument: "
    return [line.removeprefix(label) for line in shown(outcome) if line.startswith(label)]


def portable_plan(arguments: list[str]) -> tuple[int, bytes]:
    line = parse(arguments)
    if line.is_mistake():
        return 2, os.fsencode(f"dx-py: {line.mistake}\n")
    made = make_plan(line, find_installation())
    if made.path is None:
        return 2, os.fsencode(f"dx-py: {made.problem}\n")
    return 0, os.fsencode(format_plan(made))


@pytest.mark.skipif(not has_native(), reason="no native launcher in this build")
@pytest.mark.skipif("DX_TEST_LAUNCHER" in os.environ, reason="compares within one installation")
@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(arguments=st.lists(st.sampled_from(WORDS), max_size=6))
def test_both_launchers_make_the_same_plan(arguments: list[str]) -> None:
    native = subprocess.run(
        [SCRIPT, "--dx-plan", *arguments],
        capture_output=True,
        check=False,
        env={key: value for key, value in os.environ.items() if key != "DX_PORTABLE"},
    )
    assert (native.returncode, native.stdout or native.stderr) == portable_plan(arguments)


@pytest.mark.parametrize("word", ["help", "cache", "version"])
def test_a_word_of_ours_goes_to_the_driver(
    word: str, launcher: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / word).touch()
    made = arguments_of(plan(launcher, [word, "--x", "y"], tmp_path))
    assert made == [PYTHON, "-I", "-m", "dx_py.driver", word, "--x", "y"]


def test_a_sub_command_is_told_the_interpreter(
    launcher: tuple[str, ...], environment: Path, tmp_path: Path
) -> None:
    made = plan(launcher, ["version"], tmp_path, VIRTUAL_ENV=str(environment))
    assert f"set: DX_INTERPRETER={environment}/bin/python" in shown(made)


@pytest.mark.parametrize("arguments", [["-m", "pytest", "-x"], ["-mpytest", "-x"]])
def test_a_module_of_ours_goes_to_its_word(
    arguments: list[str], launcher: tuple[str, ...], tmp_path: Path
) -> None:
    python, boot, *rest = arguments_of(plan(launcher, arguments, tmp_path))
    assert (python, rest) == (PYTHON, ["-m", "-x"])
    assert boot.endswith("testrun/worker/boot.py")


@pytest.mark.parametrize("option", ["--python=x", "--engine=ninja", "--emit-ninja"])
def test_what_needs_dx_py_s_own_modules_stays_with_the_driver(
    option: str, launcher: tuple[str, ...], tmp_path: Path
) -> None:
    made = arguments_of(plan(launcher, ["test", "-x", option], tmp_path))
    assert made == [PYTHON, "-I", "-m", "dx_py.driver", "test", "-x", option]


@pytest.mark.parametrize("arguments", [["-B", "-m", "pytest"], ["-c", "pytest"], ["./test"]])
def test_anything_else_goes_to_python_unchanged(
    arguments: list[str], launcher: tuple[str, ...], tmp_path: Path
) -> None:
    assert arguments_of(plan(launcher, arguments, tmp_path)) == [PYTHON, *arguments]


def test_a_file_may_be_named_without_separator_or_suffix(
    launcher: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "program").touch()
    assert arguments_of(plan(launcher, ["program"], tmp_path)) == [PYTHON, "program"]


MISTAKES = {
    "halp": "unknown command or file 'halp' (did you mean 'help'?)",
    "zzzzzz": "unknown command or file 'zzzzzz' (see 'dx-py help')",
    "--verison": "unknown option '--verison' (did you mean '--version'?)",
    "--python=": "'--python' needs a path, or a version such as 3.12",
    "run": "'run' needs a file, -m MODULE, -c CODE, - or a program's name",
    "run --stat x.py": "unknown option '--stat' (did you mean '--stats'?)",
    "run --compile=x x.py": "unknown value 'x' for '--compile' (known: auto, all, off)",
}


@pytest.mark.parametrize("arguments", MISTAKES)
def test_a_mistake_is_one_line_and_status_2(
    arguments: str, launcher: tuple[str, ...], tmp_path: Path
) -> None:
    outcome = plan(launcher, arguments.split(), tmp_path)
    assert outcome == Outcome(2, b"", f"dx-py: {MISTAKES[arguments]}\n".encode())


def write_targets(folder: Path) -> None:
    (folder / "folder").mkdir()
    (folder / "text").write_text("print(1)\n", encoding="utf-8")
    with zipfile.ZipFile(folder / "archive", "w") as archive:
        archive.writestr("__main__.py", "")
    (folder / "archive").chmod(0o755)


@pytest.mark.parametrize(
    "target",
    [
        "x.py",
        "./x.py",
        "x.pyz",
        "x.pyw",
        "./folder",
        "./archive",
        "./text",
        "-",
        "-m x",
        "-c x",
    ],
)
def test_run_gives_python_code_to_the_interpreter(
    target: str, launcher: tuple[str, ...], tmp_path: Path
) -> None:
    write_targets(tmp_path)
    arguments = ["run", "--compile=all", "--stats", *target.split(), "--stats"]
    lines = shown(plan(launcher, arguments, tmp_path))
    assert lines[1:-4] == [f"argument: {word}" for word in (PYTHON, *target.split(), "--stats")]
    assert lines[-2:] == ["set: DX_COMPILE=all", "set: DX_STATS=1"]


def test_run_takes_options_of_python(launcher: tuple[str, ...], tmp_path: Path) -> None:
    arguments = ["run", "-O", "-W", "error", "--compile", "off", "x.py", "-O"]
    made = plan(launcher, arguments, tmp_path)
    assert arguments_of(made)[1:] == ["-O", "-W", "error", "x.py", "-O"]
    assert "set: DX_COMPILE=off" in shown(made)


def make_program(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def test_run_finds_a_program_in_the_environment_before_path(
    launcher: tuple[str, ...], tmp_path: Path
) -> None:
    environment = tmp_path / "environment"
    (environment / "bin").mkdir(parents=True)
    (environment / "bin" / "python").symlink_to(sys.executable)
    inner = make_program(environment / "bin" / "tool")
    make_program(tmp_path / "elsewhere" / "tool")
    other = make_program(tmp_path / "elsewhere" / "other")
    search = f"{tmp_path}/elsewhere:/usr/bin"
    for name, path in {"tool": inner, "other": other}.items():
        made = shown(
            plan(launcher, ["run", name], tmp_path, VIRTUAL_ENV=str(environment), PATH=search)
        )
        assert made[0] == f"execute: {path}"
        assert f"set: PATH={environment}/bin:{search}" in made


def test_run_of_a_program_that_is_nowhere(
    launcher: tuple[str, ...], environment: Path, tmp_path: Path
) -> None:
    outcome = plan(launcher, ["run", "nowhere"], tmp_path, VIRTUAL_ENV=str(environment))
    assert outcome.status == 2
    assert (
        outcome.errors
        == (
            f"dx-py: no file or program 'nowhere' (looked in '{environment}/bin' and on PATH)\n"
        ).encode()
    )
