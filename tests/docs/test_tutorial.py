"""The tutorial's commands print what the tutorial says they print.

A ``console`` block holds commands after ``$`` and their output; a block whose info string is a
file name is that file. In an expected line ``...`` stands for anything: an address, a digest.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

TUTORIAL = Path(__file__).resolve().parents[2] / "docs" / "tutorial.md"
BLOCK = re.compile(r"```(\S+)(?: (\S+))?\n(.*?)```\n", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Command:
    line: str
    expected: str


def steps() -> list[Command | tuple[str, str]]:
    """Files to write and commands to run, in order."""
    found: list[Command | tuple[str, str]] = []
    for language, name, body in BLOCK.findall(TUTORIAL.read_text(encoding="utf-8")):
        if language == "console":
            parts = re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]
            found += [Command(*part.split("\n", 1)) for part in parts]
        elif name:
            found.append((name, body))
    return found


def pattern(expected: str) -> str:
    return re.sub(r"(?:\\\.){3}", ".*?", re.escape(expected.rstrip()))


@pytest.mark.skipif(os.environ.get("DX_PORTABLE") == "1", reason="shows the native tier too")
def test_each_command_of_the_tutorial_prints_what_it_says(tmp_path):
    commands = Path(sys.executable).parent
    environment = os.environ | {
        "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}",
        "DX_CACHE_DIR": str(tmp_path / "store"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",  # the order of lines is that of a terminal
    }
    run = 0
    for step in steps():
        if not isinstance(step, Command):
            (tmp_path / step[0]).write_text(step[1], encoding="utf-8")
            continue
        done = subprocess.run(
            ["sh", "-c", step.line],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert re.fullmatch(pattern(step.expected), done.stdout.rstrip(), re.DOTALL), (
            f"$ {step.line}\n{done.stdout}"
        )
        run += 1
    assert run > 8
