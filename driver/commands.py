"""The sub-commands of ``dx-py``: one row a command.

The native launcher's list of words, ``dx-py help`` and the shell completions are derived from
this table; only ``run_command`` imports the module that a row names.
"""

from __future__ import annotations

import importlib
from typing import NamedTuple


class Command(NamedTuple):
    """``target`` is ``"module:function"``; the function takes the arguments after the word as
    ``list[str]``, knows ``--help``, and returns an exit status. ``summary`` is one line for
    ``dx-py help``."""

    target: str
    summary: str


COMMANDS: dict[str, Command] = {
    "bisect": Command(
        "dx_py.driver.bisect:main", "find the function whose native code spoils a program"
    ),
    "cache": Command("dx_py.driver.cache:main", "look after the store of artifacts"),
    "completion": Command("dx_py.driver.completion:main", "print a shell's completion script"),
    "explain": Command(
        "dx_py.driver.explain:main", "say what became of a function in the native tier, and why"
    ),
    "help": Command("dx_py.driver.help:main", "show the commands, or what one of them does"),
    "inspect": Command("dx_py.driver.inspect:main", "show what an artifact holds"),
    "pip": Command("dx_py.pkg.commands.main:pip", "install and look after packages, as pip"),
    "test": Command("dx_py.testrun.command:main", "run the tests as pytest, in warm workers"),
    "venv": Command("dx_py.pkg.commands.venv:venv", "make a virtual environment, as venv"),
    "version": Command("dx_py.driver.version:main", "show the version of DX-Py"),
}

#: ``dx-py -m MODULE`` that is ours once the command exists: MODULE -> word.
MODULE_COMMANDS = {"pip": "pip", "pytest": "test", "venv": "venv"}


def module_commands() -> dict[str, str]:
    """MODULE -> word, for the words that exist."""
    return {module: word for module, word in MODULE_COMMANDS.items() if word in COMMANDS}


def run_command(word: str, arguments: list[str]) -> int:
    """The exit status of a command of the table."""
    module, _, function = COMMANDS[word].target.partition(":")
    return int(getattr(importlib.import_module(module), function)(arguments))
