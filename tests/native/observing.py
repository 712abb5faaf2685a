"""What tests of native code compare: a call's outcome, a program's run."""

from __future__ import annotations

import os
import subprocess
import traceback

import pytest

core = pytest.importorskip("dx_py.runtime_support._core")


def outcome(function, *arguments):
    """The result with its type, or the exception with its traceback's lines."""
    before = core.thread_state()
    try:
        result = function(*arguments)
        assert core.thread_state() == before
    except Exception as error:
        lines = [(f.name, f.lineno, f.colno) for f in traceback.extract_tb(error.__traceback__)]
        return type(error), str(error), lines[1:]
    return type(result), repr(result)


def run_program(command, folder, **settings):
    """Status, output and errors of ``program.py`` in that folder."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "DX_"))}
    done = subprocess.run(
        [*map(str, command), "program.py"],
        cwd=folder,
        env=kept | settings,
        capture_output=True,
        text=True,
        check=False,
        timeout=1000,
    )
    return done.returncode, done.stdout, done.stderr
