"""The words of ``dx-py`` itself: help, version, completion."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dx_py.driver.commands import COMMANDS

from .conftest import SCRIPT, Outcome, run


def dx_py(*arguments: str, cwd: Path) -> Outcome:
    environ = {"HOME": str(cwd), "PATH": os.environ["PATH"]}
    return run([SCRIPT, *arguments], cwd=cwd, environ=environ)


@pytest.mark.parametrize("arguments", [(), ("-h",), ("--help",)])
def test_help_lists_every_command(arguments: tuple[str, ...], tmp_path: Path) -> None:
    shown = dx_py(*(arguments or ("help",)), cwd=tmp_path)
    assert shown.status == 0
    for word, command in COMMANDS.items():
        assert any(
            line.split(maxsplit=1) == [word, command.summary]
            for line in shown.output.decode().splitlines()
        )


@pytest.mark.parametrize("word", sorted([*COMMANDS, "run"]))
def test_every_command_has_help_of_its_own(word: str, tmp_path: Path) -> None:
    if word == "test" and "DX_TEST_LAUNCHER" in os.environ:
        pytest.skip("it shows the options of the environment's pytest, and there is none")
    shown = dx_py("help", word, cwd=tmp_path)
    assert (shown.status, shown.errors) == (0, b"")
    assert "usage: " in shown.output.decode()


def test_help_python_is_the_help_of_the_interpreter(tmp_path: Path) -> None:
    shown = dx_py("help", "python", cwd=tmp_path)
    assert b"-X importtime" in shown.output


def test_help_of_a_mistyped_word_names_the_nearest(tmp_path: Path) -> None:
    shown = dx_py("help", "versoin", cwd=tmp_path)
    assert shown == Outcome(
        2, b"", b"dx-py help: unknown command 'versoin' (did you mean 'version'?)\n"
    )


def test_the_version_names_the_interpreter(tmp_path: Path) -> None:
    host = sys.version.split()[0]
    for arguments in (("version",), ("--dx-version",)):
        shown = dx_py(*arguments, cwd=tmp_path).output.decode()
        assert shown.startswith("dx-py ")
        assert f"(CPython {host}, {SCRIPT.with_name('python')}" in shown


def test_a_closed_pipe_ends_a_command_silently(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    shown = subprocess.run(
        [SCRIPT, "help"], stdout=writer, stderr=subprocess.PIPE, cwd=tmp_path, check=False
    )
    os.close(writer)
    assert (shown.returncode, shown.stderr) == (141, b"")


@pytest.mark.skipif(not shutil.which("bash"), reason="no bash on this machine")
@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (["ver"], ["version"]),
        (["--p"], ["--python"]),
        (["sc"], ["script.py"]),
        (["run", "--compile=a"], ["--compile=auto", "--compile=all"]),
        (["run", "a f"], ["a file.py"]),
        (["help", "ru"], ["run"]),
    ],
)
def test_bash_offers_words_options_and_files(
    typed: list[str], offered: list[str], tmp_path: Path
) -> None:
    for name in ("script.py", "a file.py"):
        (tmp_path / name).touch()
    script = dx_py("completion", "bash", cwd=tmp_path).output.decode()
    ask = 'COMP_WORDS=(dx-py "$@"); COMP_CWORD=$#; _dx_py; printf "%s\\n" "${COMPREPLY[@]}"\n'
    shown = run(
        ["bash", "-c", script + ask, "bash", *typed], cwd=tmp_path, environ=dict(os.environ)
    )
    assert shown.output.decode().splitlines() == offered


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_sound(shell: str, tmp_path: Path) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"no {shell} on this machine")
    shown = dx_py("completion", shell, cwd=tmp_path)
    (tmp_path / "script").write_bytes(shown.output)
    assert run([program, "-n", "script"], cwd=tmp_path, environ={}) == Outcome(0, b"", b"")


def test_an_unknown_shell_is_answered_with_the_known(tmp_path: Path) -> None:
    shown = dx_py("completion", "tcl", cwd=tmp_path)
    assert shown.status == 2
    assert shown.errors.startswith(b"dx-py completion: unknown shell 'tcl'")
