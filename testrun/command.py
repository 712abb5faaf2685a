"""``dx-py test`` and ``dx-py -m pytest``: hand over to the project's interpreter."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from dx_py.testrun.interpreter import project_interpreter

# testrun/worker/advice.py asks this interpreter what is wrong with a source.
OWN_PYTHON_VARIABLE = "DX_TEST_OWN_PYTHON"
BOOT = Path(__file__).with_name("worker") / "boot.py"
ENGINE_OPTIONS = ("--engine", "--emit-ninja")


def main(arguments: list[str]) -> int:
    """Run the tests; pytest's exit status. A first ``--python PATH`` names the interpreter."""
    python, rest = chosen_interpreter(arguments)
    if any(word.partition("=")[0] in ENGINE_OPTIONS for word in rest):
        from dx_py.testrun import engine

        return engine.main(python, rest)
    # `-m`: the current folder can be imported from, as under `python -m pytest`.
    command = [str(python), str(BOOT), "-m", *rest]
    os.environ[OWN_PYTHON_VARIABLE] = sys.executable
    if os.name == "posix":
        sys.stdout.flush()
        os.execv(command[0], command)
    return subprocess.call(command)


def chosen_interpreter(arguments: list[str]) -> tuple[Path, list[str]]:
    if arguments[:1] == ["--python"] and len(arguments) > 1:
        return Path(arguments[1]), arguments[2:]
    return project_interpreter(Path.cwd(), os.environ), arguments
