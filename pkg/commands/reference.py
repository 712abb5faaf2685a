"""The reference of ``dx-py pip`` as Markdown, out of the command table.

``python -m dx_py.pkg.commands.reference`` prints it; a test holds the page to it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from dx_py.pkg.commands.help import describe, signature
from dx_py.pkg.commands.options import Command, Option
from dx_py.pkg.commands.table import COMMANDS, ENVIRONMENT, GENERAL, NETWORK, REQUIREMENTS

_SHARED = {
    "Options of every command": GENERAL,
    "Which environment": ENVIRONMENT,
    "Indexes and the network": NETWORK,
    "What is wanted": REQUIREMENTS,
}


def reference() -> str:
    lines = ["# Reference of dx-py pip", ""]
    for command in COMMANDS:
        lines += _command(command)
    for title, options in _SHARED.items():
        lines += [f"## {title}", "", *_table(options), ""]
    return "\n".join(lines)


def _command(command: Command) -> Iterator[str]:
    positional = f" {command.positional}" if command.positional else ""
    yield from (f"## {command.word}", "", command.summary, "")
    yield from ("```text", f"dx-py pip {command.word} [OPTIONS]{positional}", "```", "")
    own = tuple(option for option in command.options if not _is_shared(option))
    if own:
        yield from (*_table(own), "")
    also = [
        title.lower()
        for title, options in _SHARED.items()
        if any(option in command.options for option in options)
    ]
    if also:
        yield from (f"Also: {', '.join(also)}.", "")


def _is_shared(option: Option) -> bool:
    return any(option in options for options in _SHARED.values())


def _table(options: tuple[Option, ...]) -> Iterator[str]:
    yield "| option | |"
    yield "|---|---|"
    for option in options:
        flags = signature(option).replace("|", "\\|")
        yield f"| `{flags}` | {describe(option)} |"


if __name__ == "__main__":
    sys.stdout.write(reference())
