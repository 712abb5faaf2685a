"""Command lines: argparse whose errors are one line that names the nearest valid choice."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NoReturn


def usage_error(program: str, message: str) -> int:
    """One line on stderr, and the exit status that says the command line was wrong."""
    print(f"{program}: {message}", file=sys.stderr)
    return 2


def suggestion(word: str, known: Iterable[str], *, list_all: bool = False) -> str:
    """`` (did you mean 'X'?)`` for the nearest of ``known``, else nothing or all of them."""
    choices = sorted(known)
    # Without dashes, which would make all options alike.
    bare = {name.lstrip("-"): name for name in choices}
    near = difflib.get_close_matches(word.lstrip("-"), bare, n=1, cutoff=0.5)
    if near:
        return f" (did you mean '{bare[near[0]]}'?)"
    return f" (known: {', '.join(choices)})" if list_all else ""


class CommandParser(argparse.ArgumentParser):
    """Exits with status 2 and one line on stderr where the command line is wrong."""

    def __init__(self, program: str, description: str) -> None:
        super().__init__(
            prog=program,
            description=description,
            allow_abbrev=False,
            add_help=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )

        self.add_argument("-h", "--help", action="help", help="show this and exit")

    def format_help(self) -> str:
        """The description, which has the usage and the arguments, then the options."""
        formatter = self._get_formatter()
        formatter.add_text(self.description)
        formatter.start_section("options")
        formatter.add_arguments([action for action in self._actions if action.option_strings])
        formatter.end_section()
        return formatter.format_help()

    def error(self, message: str) -> NoReturn:
        sys.exit(usage_error(self.prog, message))

    def parse(self, arguments: Sequence[str]) -> argparse.Namespace:
        options, unknown = self.parse_known_args(arguments)
        if unknown:
            name = unknown[0].partition("=")[0]
            if name.startswith("-"):
                near = suggestion(name, self._option_string_actions)
                self.error(
                    f"unknown option '{name}'{near or f'; {self.prog} --help lists all'}"
                )
            self.error(f"unexpected argument '{unknown[0]}'")
        return options

    def choice(self, what: str, word: str, known: Sequence[str]) -> str:
        """``word``, if it is one of ``known``; else the command ends."""
        if word not in known:
            self.error(f"unknown {what} '{word}'{suggestion(word, known, list_all=True)}")
        return word

    def existing(self, name: str) -> Path:
        """The path, if something is there; else the command ends."""
        path = Path(name)
        if not path.exists():
            near = suggestion(path.name, _siblings(path))
            self.error(f"no file or folder '{name}'{near}")
        return path


def _siblings(path: Path) -> list[str]:
    try:
        return [entry.name for entry in path.parent.iterdir()]
    except OSError:
        return []
