"""``dx-py help [WORD]``: the commands, or one command's own help."""

from __future__ import annotations

import importlib
import inspect
import sys

from dx_py.driver.commands import COMMANDS

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

Commands:
"""

RUN = """\
usage: dx-py run [--compile=auto|all|off] [--stats] [--python X] TARGET [argument] ...

Run TARGET in the DX-Py runtime: a .py file, a folder or zip file with __main__.py, -m MODULE,
-c CODE or - for standard input. Any other TARGET is a program of the environment: it is looked
for in the environment's bin folder, then on PATH.

  --compile=auto    use DX-Py's code for modules that have been compiled (the default)
  --compile=all     compile every module with DX-Py
  --compile=off     run everything from the interpreter's own compiler
  --stats           report on standard error, at exit, what DX-Py did
"""


def main(arguments: list[str]) -> int:
    """Print the overview, or the help of the command named first."""
    if not arguments:
        sys.stdout.write(USAGE + _command_lines())
        return 0
    return _help_of(arguments[0])


def _command_lines() -> str:
    summaries = {"run": "run a program in the DX-Py runtime"}
    summaries |= {word: command.summary for word, command in COMMANDS.items()}
    width = max(map(len, summaries)) + 2
    return "".join(f"  {word:<{width}}{summaries[word]}\n" for word in sorted(summaries))


def _help_of(word: str) -> int:
    if word == "run":
        sys.stdout.write(RUN)
        return 0
    if word not in COMMANDS:
        sys.stderr.write(f"dx-py help: unknown command '{word}' (known: {_known()})\n")
        return 2
    command = COMMANDS[word]
    module = importlib.import_module(command.target.partition(":")[0])
    text = inspect.getdoc(module) or command.summary
    sys.stdout.write(text + "\n")
    return 0


def _known() -> str:
    return ", ".join(sorted([*COMMANDS, "run"]))
