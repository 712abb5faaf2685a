"""``dx-py help [WORD]``: the commands, or one command's own help."""

from __future__ import annotations

import os
import subprocess
import sys

from dx_py.driver.command_line import suggestion, usage_error
from dx_py.driver.commands import COMMANDS, run_command

USAGE = """\
usage: dx-py [--python X] [option] ... [-c CODE | -m MODULE | FILE | -] [argument] ...
       dx-py [--python X] run [--compile=auto|all|off] [--stats] TARGET [argument] ...
       dx-py COMMAND [argument] ...

Run Python. The options, and everything after them, are python's own and mean the same.

Options of dx-py:
  --python X        the interpreter: a path, a version such as 3.12, or an environment's folder
                    (otherwise the active environment's, then the project's .venv, then its own)
  --dx-version      the version of DX-Py (-V and --version are the interpreter's)
  --dx-plan         print what would be executed, and do nothing
  -h, --help        this text ('dx-py help python' shows the interpreter's own)

Commands ('dx-py help COMMAND' tells more):
"""

RUN = """\
usage: dx-py run [--compile=auto|all|off] [--stats] [--stats-json FILE] [--profile-out FILE]
                 [--python X] TARGET [argument] ...

Run TARGET in the DX-Py runtime: a .py file, a folder or zip file with __main__.py, -m MODULE,
-c CODE or - for standard input. Any other TARGET is a program of the environment: it is looked
for in the environment's bin folder, then on PATH.

  --compile=auto    use DX-Py's code for modules that have been compiled (the default)
  --compile=all     compile every module with DX-Py
  --compile=off     run everything from the interpreter's own compiler
  --stats           report on standard error, at exit, what DX-Py did
  --stats-json FILE write the same, function by function, as JSON
  --profile-out FILE
                    write what the native tier learned: 'dxc --native --profile-in FILE'
                    compiles from it, 'dx-py explain --profile-in FILE' shows it
"""


def main(arguments: list[str]) -> int:
    """Print the overview, or the help of the command named first."""
    if arguments and arguments[0] not in ("-h", "--help"):
        return _help_of(arguments[0])
    sys.stdout.write(USAGE + _command_lines())
    return 0


def _command_lines() -> str:
    summaries = {"run": "run a program in the DX-Py runtime"}
    summaries |= {word: command.summary for word, command in COMMANDS.items()}
    width = max(map(len, summaries)) + 2
    return "".join(f"  {word:<{width}}{summaries[word]}\n" for word in sorted(summaries))


def _help_of(word: str) -> int:
    """A command's own ``--help``; `run` and `python` are no rows of the table."""
    if word == "run":
        sys.stdout.write(RUN)
        return 0
    if word == "python":
        python = os.environ.get("DX_INTERPRETER", sys.executable)
        return subprocess.run([python, "-I", "--help-all"], check=False).returncode
    if word not in COMMANDS:
        known = [*COMMANDS, "python", "run"]
        near = suggestion(word, known, list_all=True)
        return usage_error("dx-py help", f"unknown command '{word}'{near}")
    return run_command(word, ["--help"])
