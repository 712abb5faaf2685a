"""``dx-py pip WORD ARGS...``: find the command, read its options, run it, word its errors."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable

from dx_py.artifacts.errors import DxError
from dx_py.pkg.commands.options import Arguments, Command, parse
from dx_py.pkg.commands.table import COMMANDS, CONNECTION, ENVIRONMENT, GENERAL, find
from dx_py.pkg.configuration import defaults_for
from dx_py.pkg.errors import UsageError

ERROR = 1
USAGE_ERROR = 2


def pip(words: list[str]) -> int:
    """Exit status as pip's: 0, 1 for what failed, 2 for a command line without sense."""
    try:
        return _run(words)
    except UsageError as error:
        return _complain(error, USAGE_ERROR)
    except DxError as error:
        return _complain(error, ERROR)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ERROR


def _run(words: list[str]) -> int:
    place = _place_of_command(words)
    if place is None or words == ["help"]:
        return _about_all(words)
    first = words[place]
    command = find(words[-1] if first == "help" else first)
    if command is None:
        raise _unknown(first)
    rest = words[:place] + words[place + 1 :]
    if first == "help" or "--help" in rest or "-h" in rest:
        from dx_py.pkg.commands.help import command_help

        return _say(command_help(command))
    return _call(command, rest, words)


def _place_of_command(words: list[str]) -> int | None:
    """Options may come first, as in ``pip --python FOLDER list``."""
    options = (*GENERAL, *CONNECTION, *ENVIRONMENT)
    with_value = {flag for option in options if option.takes_value for flag in option.flags}
    is_value = False
    for place, word in enumerate(words):
        if not is_value and not word.startswith("-"):
            return place
        is_value = not is_value and word in with_value
    return None


def _about_all(words: list[str]) -> int:
    from dx_py.pkg.commands.help import overview, version

    return _say(version() if "--version" in words or "-V" in words else overview())


def _call(command: Command, words: list[str], typed: list[str]) -> int:
    known = {option.name for option in command.options}
    more = (option for option in (*GENERAL, *CONNECTION) if option.name not in known)
    whole = Command(
        command.word, command.summary, command.run, (*command.options, *more),
        command.positional,
    )  # fmt: skip
    isolated = "--isolated" in words
    defaults = defaults_for(command.word, prefix=None, isolated=isolated)
    arguments = parse(whole, words, defaults)
    arguments.words = typed if typed[0] == command.word else []
    if arguments.text("cache-dir"):
        os.environ["DX_CACHE_DIR"] = arguments.text("cache-dir")
    if arguments.positional and not command.positional:
        raise UsageError(f"'{command.word}' takes no {arguments.positional[0]!r}")
    module, _, function = command.run.partition(":")
    run: Callable[[Arguments], int] = getattr(
        importlib.import_module(f"dx_py.pkg.commands.{module}"), function
    )
    return run(arguments)


def _unknown(word: str) -> UsageError:
    import difflib

    words = [command.word for command in COMMANDS]
    close = difflib.get_close_matches(word, words, n=1)
    meant = f"did you mean '{close[0]}'? " if close else ""
    return UsageError(
        f"no command {word!r}", hint=f"{meant}there are: {', '.join(sorted(words))}"
    )


def _say(text: str) -> int:
    sys.stdout.write(text)
    return 0


def _complain(error: DxError, status: int) -> int:
    from dx_py.pkg.index.credentials import redact

    lines = "\n".join(redact(line) for line in str(error).splitlines())
    sys.stderr.write(f"ERROR: {lines}\n")
    return status
