"""The option table's types, and the parser that reads a command line by it.

`argparse` is not used: it costs start-up time, and pip's conventions (options of a
configuration file and ``PIP_*`` variables as defaults, clustered short flags, ``-rFILE``)
are simpler said here than taught to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from dx_py.pkg.errors import UsageError


class Kind(Enum):
    """What an option takes. Each use of COUNT adds one, of LIST one value."""

    FLAG = "flag"
    COUNT = "count"
    VALUE = "value"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Option:
    """``flags`` as typed; the first long one, without dashes, names it everywhere else."""

    flags: tuple[str, ...]
    kind: Kind
    help: str
    metavar: str = ""
    choices: tuple[str, ...] = ()
    default: str = ""

    @property
    def name(self) -> str:
        return next(flag for flag in self.flags if flag.startswith("--"))[2:]

    @property
    def takes_value(self) -> bool:
        return self.kind in (Kind.VALUE, Kind.LIST)


@dataclass(frozen=True, slots=True)
class Command:
    """A word of ``dx-py pip``. ``run`` is "module:function" of ``Arguments`` to status."""

    word: str
    summary: str
    run: str
    options: tuple[Option, ...] = ()
    positional: str = ""
    description: str = ""


@dataclass(slots=True)
class Arguments:
    """A parsed command line: options by name, and what stood between them.

    ``words`` are what it was parsed from, the command's own first, as far as that is known.
    """

    command: Command
    values: dict[str, list[str]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    positional: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def flag(self, name: str) -> bool:
        return self.counts.get(name, 0) > 0

    def count(self, name: str) -> int:
        return self.counts.get(name, 0)

    def text(self, name: str, default: str = "") -> str:
        given = self.values.get(name)
        return given[-1] if given else default

    def many(self, name: str) -> list[str]:
        return self.values.get(name, [])


def parse(command: Command, words: Sequence[str], defaults: Mapping[str, str]) -> Arguments:
    """``defaults`` are texts by option name, as configuration files have them.

    Raises UsageError that names the option.
    """
    table = {flag: option for option in command.options for flag in option.flags}
    arguments = Arguments(command)
    waiting = list(reversed(words))
    while waiting:
        word = waiting.pop()
        if word == "--":
            arguments.positional += reversed(waiting)
            break
        if word.startswith("--"):
            _long(word, waiting, table, arguments)
        elif word.startswith("-") and len(word) > 1:
            _short(word, waiting, table, arguments)
        else:
            arguments.positional.append(word)
    _add_defaults(command, arguments, defaults)
    return arguments


def _long(
    word: str, waiting: list[str], table: Mapping[str, Option], arguments: Arguments
) -> None:
    flag, equals, value = word.partition("=")
    option = table.get(flag) or _abbreviated(flag, table, arguments.command)
    if option.takes_value:
        _store(option, value if equals else _next(flag, waiting), arguments)
    elif equals:
        raise UsageError(f"{flag} takes no value; got {value!r}")
    else:
        arguments.counts[option.name] = arguments.counts.get(option.name, 0) + 1


def _short(
    word: str, waiting: list[str], table: Mapping[str, Option], arguments: Arguments
) -> None:
    flag, rest = word[:2], word[2:]
    option = table.get(flag)
    if option is None:
        raise _unknown(flag, table, arguments.command)
    if option.takes_value:
        _store(option, rest.removeprefix("=") or _next(flag, waiting), arguments)
        return
    arguments.counts[option.name] = arguments.counts.get(option.name, 0) + 1
    if rest:
        waiting.append(f"-{rest}")


def _abbreviated(flag: str, table: Mapping[str, Option], command: Command) -> Option:
    """pip accepts a long option by any beginning that only one has."""
    found = {id(o): o for name, o in table.items() if name.startswith(flag)}
    if len(found) == 1:
        return next(iter(found.values()))
    raise _unknown(flag, table, command)


def _unknown(flag: str, table: Mapping[str, Option], command: Command) -> UsageError:
    import difflib

    close = difflib.get_close_matches(flag, table, n=1)
    meant = f"did you mean {close[0]}? " if close else ""
    return UsageError(
        f"'dx-py pip {command.word}' has no option {flag!r}",
        hint=f"{meant}'dx-py pip {command.word} --help' lists them",
    )


def _next(flag: str, waiting: list[str]) -> str:
    if not waiting:
        raise UsageError(f"{flag} needs a value")
    return waiting.pop()


def _store(option: Option, value: str, arguments: Arguments) -> None:
    if option.choices and value not in option.choices:
        raise UsageError(
            f"{option.flags[-1]} cannot be {value!r}; it is one of {', '.join(option.choices)}"
        )
    arguments.values.setdefault(option.name, []).append(value)


def _add_defaults(command: Command, arguments: Arguments, defaults: Mapping[str, str]) -> None:
    """A list from the configuration comes before what was typed; anything else gives way."""
    for option in command.options:
        names = (flag.lstrip("-") for flag in option.flags)
        text = next((defaults[name] for name in names if name in defaults), None)
        if text is None:
            continue
        if option.kind is Kind.LIST:
            given = arguments.values.get(option.name, [])
            arguments.values[option.name] = [*text.split(), *given]
        elif option.kind is Kind.VALUE:
            arguments.values.setdefault(option.name, [text.strip()])
        elif option.name not in arguments.counts:
            arguments.counts[option.name] = _truth(option.name, text)


def _truth(name: str, text: str) -> int:
    word = text.strip().lower()
    if word.isdigit():
        return int(word)
    if word in ("y", "yes", "t", "true", "on"):
        return 1
    if word in ("", "n", "no", "f", "false", "off"):
        return 0
    raise UsageError(f"the configured value {text!r} of {name!r} is neither true nor false")
