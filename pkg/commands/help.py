"""Help texts out of the command table, from which the reference is made, too."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from dx_py.pkg.commands.options import Command, Option
from dx_py.pkg.commands.table import COMMANDS, GENERAL

_WIDTH = 88
_COLUMN = 32


def version() -> str:
    from importlib.metadata import version as version_of

    return f"dx-py pip {version_of('dx-py')}\n"


def overview() -> str:
    lines = ["usage: dx-py pip COMMAND [OPTIONS]", "", "commands:"]
    lines += [f"  {command.word:<12} {command.summary}" for command in COMMANDS]
    lines += ["", "options of every command:", *_options(GENERAL)]
    return "\n".join([*lines, ""])


def command_help(command: Command) -> str:
    positional = f" {command.positional}" if command.positional else ""
    lines = [f"usage: dx-py pip {command.word} [OPTIONS]{positional}", "", command.summary]
    if command.description:
        lines += ["", *textwrap.wrap(command.description, _WIDTH)]
    if command.options:
        lines += ["", "options:", *_options(command.options)]
    lines += ["", "options of every command:", *_options(GENERAL)]
    return "\n".join([*lines, ""])


def _options(options: tuple[Option, ...]) -> Iterator[str]:
    for option in options:
        flags = f"  {signature(option)}"
        texts = textwrap.wrap(describe(option), _WIDTH - _COLUMN)
        if len(flags) >= _COLUMN:
            yield flags
            flags = ""
        yield f"{flags:<{_COLUMN}}{texts[0]}"
        yield from (" " * _COLUMN + text for text in texts[1:])


def signature(option: Option) -> str:
    """``-i, --index-url URL``"""
    flags = ", ".join(option.flags)
    return f"{flags} {option.metavar}" if option.metavar else flags


def describe(option: Option) -> str:
    parts = [option.help]
    if option.choices:
        parts.append(f"One of {', '.join(option.choices)}.")
    if option.default:
        parts.append(f"Default: {option.default}.")
    return " ".join(parts)
