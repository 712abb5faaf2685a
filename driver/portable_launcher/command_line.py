"""The grammar of dx-py's command line: a list of arguments into what it asks for."""

from __future__ import annotations

import enum
import os
from collections import deque
from dataclasses import dataclass, field

from dx_py.driver.commands import COMMANDS, module_commands
from dx_py.driver.portable_launcher.nearest import nearest

HASH_CHECK = "--check-hash-based-pycs"
LONG_OPTIONS = [
    HASH_CHECK,
    "--help",
    "--help-all",
    "--help-env",
    "--help-xoptions",
    "--version",
    "--dx-version",
    "--dx-plan",
    "--python",
]
RUN_OPTIONS = ["--compile", "--help", "--profile-out", "--python", "--stats", "--stats-json"]
COMPILE_VALUES = ["all", "auto", "off"]


class Request(enum.Enum):
    """What to run; ``TARGET`` is the interpreter or a program, as the first argument is."""

    INTERPRETER = enum.auto()
    TARGET = enum.auto()
    COMMAND = enum.auto()
    MISTAKE = enum.auto()


@dataclass(slots=True)
class CommandLine:
    """``plain`` means -E, -I or -S: the interpreter would not reach the bootstrap."""

    request: Request = Request.INTERPRETER
    python: str | None = None
    compile: str | None = None
    stats: bool = False
    #: The files that ``--profile-out`` and ``--stats-json`` name.
    profile_out: str | None = None
    stats_json: str | None = None
    show_plan: bool = False
    plain: bool = False
    arguments: list[str] = field(default_factory=list)
    mistake: str = ""

    def is_mistake(self) -> bool:
        return self.request is Request.MISTAKE

    def reject(self, text: str) -> None:
        self.request = Request.MISTAKE
        self.mistake = text

    def unknown(self, kind: str, word: str, choices: list[str]) -> None:
        near = nearest(word, choices)
        hint = f"did you mean '{near}'?" if near else "see 'dx-py help'"
        self.reject(f"unknown {kind} '{word}' ({hint})")


def parse(arguments: list[str]) -> CommandLine:
    line = CommandLine()
    rest = deque(arguments)
    while rest and not line.is_mistake():
        if not (_takes_python(line, rest) or _takes_show_plan(line, rest)):
            break
    if not rest or line.is_mistake() or _parse_word(line, rest):
        return line
    while rest and not line.is_mistake():
        if not (_takes_python(line, rest) or _takes_python_option(line, rest)):
            break
    line.arguments += rest
    return line


def _option_value(rest: deque[str], name: str) -> str | None:
    """The value after '=' or in the next argument, both taken; "" stands for a missing one."""
    if rest[0] != name and not rest[0].startswith(name + "="):
        return None
    argument = rest.popleft()
    if argument != name:
        return argument[len(name) + 1 :]
    return rest.popleft() if rest else ""


def _takes_python(line: CommandLine, rest: deque[str]) -> bool:
    value = _option_value(rest, "--python")
    if value is None:
        return False
    line.python = value
    if not value:
        line.reject("'--python' needs a path, or a version such as 3.12")
    return True


def _takes_compile(line: CommandLine, rest: deque[str]) -> bool:
    value = _option_value(rest, "--compile")
    if value is None:
        return False
    line.compile = value
    if value not in COMPILE_VALUES:
        line.reject(f"unknown value '{value}' for '--compile' (known: auto, all, off)")
    return True


def _takes_show_plan(line: CommandLine, rest: deque[str]) -> bool:
    if rest[0] != "--dx-plan":
        return False
    rest.popleft()
    line.show_plan = True
    return True


def _takes_files(line: CommandLine, rest: deque[str]) -> bool:
    for name in ("--profile-out", "--stats-json"):
        value = _option_value(rest, name)
        if value is not None:
            setattr(line, name[2:].replace("-", "_"), value)
            if not value:
                line.reject(f"'{name}' needs a file to write")
            return True
    return False


def _takes_stats(line: CommandLine, rest: deque[str]) -> bool:
    if rest[0] != "--stats":
        return False
    rest.popleft()
    line.stats = True
    return True


def _takes_python_option(line: CommandLine, rest: deque[str]) -> bool:
    """Move one of python's options, with its value, to the arguments.

    False at the first argument that is none, and at the option that ends them.
    """
    argument = rest[0]
    if argument in ("-", "--") or not argument.startswith("-"):
        return False
    if argument.startswith("--"):
        if argument not in LONG_OPTIONS:
            line.unknown("option", argument, LONG_OPTIONS)
            return False
        detached = argument == HASH_CHECK
    else:
        last, detached = _read_cluster(line, argument[1:])
        if last:
            return False
    line.arguments.append(rest.popleft())
    if detached and rest:
        line.arguments.append(rest.popleft())
    return True


def _read_cluster(line: CommandLine, letters: str) -> tuple[bool, bool]:
    """Whether a cluster such as -Bc ends python's options; whether its value comes next."""
    for index, letter in enumerate(letters):
        if letter in "cm":
            return True, False
        if letter in "EIS":
            line.plain = True
        if letter in "WX":
            return False, index + 1 == len(letters)
    return False, False


def _parse_word(line: CommandLine, rest: deque[str]) -> bool:
    """Handle a command line that begins with a word of ours; false if it does not."""
    word = _module_command(rest)
    first = rest[0] if rest else ""
    if word is not None:
        _command(line, word, list(rest))
    elif first in ("-h", "--help"):
        _command(line, "help", list(rest)[1:])
    elif first == "--dx-version":
        _command(line, "version", list(rest)[1:])
    elif first == "run":
        rest.popleft()
        _parse_run(line, rest)
    elif first in COMMANDS:
        _command(line, first, list(rest)[1:])
    elif _is_word(first) and not os.access(first, os.F_OK):
        line.unknown("command or file", first, sorted([*COMMANDS, "run"]))
    else:
        return False
    return True


def _module_command(rest: deque[str]) -> str | None:
    """The sub-command that ``-m MODULE`` stands for; its arguments are taken."""
    if not rest[0].startswith("-m"):
        return None
    attached = rest[0][2:]
    module = attached or (rest[1] if len(rest) > 1 else "")
    word = module_commands().get(module)
    if word is not None:
        for _ in range(1 if attached else 2):
            rest.popleft()
    return word


def _command(line: CommandLine, word: str, rest: list[str]) -> None:
    line.request = Request.COMMAND
    line.arguments += [word, *rest]


def _is_word(argument: str) -> bool:
    return bool(argument) and argument[0] != "-" and not set(argument) & set("./\\")


def _parse_run(line: CommandLine, rest: deque[str]) -> None:
    while rest and not line.is_mistake():
        if rest[0] in ("-h", "--help"):
            line.arguments.clear()
            _command(line, "help", ["run"])
            return
        if _takes_python(line, rest) or _takes_compile(line, rest) or _takes_stats(line, rest):
            continue
        if _takes_files(line, rest):
            continue
        if rest[0].startswith("--") and rest[0] not in ("--", HASH_CHECK):
            line.unknown("option", rest[0], RUN_OPTIONS)
        elif not _takes_python_option(line, rest):
            break
    if line.is_mistake():
        return
    if not rest:
        line.reject("'run' needs a file, -m MODULE, -c CODE, - or a program's name")
        return
    if not line.arguments and not rest[0].startswith("-"):
        line.request = Request.TARGET
    line.arguments += rest
