"""``dx-py completion bash|zsh|fish``: a completion script, made from the table of commands."""

from __future__ import annotations

import sys
from collections.abc import Callable

from dx_py.driver.command_line import CommandParser
from dx_py.driver.commands import COMMANDS

USAGE = """\
Print a completion script for a shell.

usage: dx-py completion bash|zsh|fish
"""
WORDS = {"run": "run a program in the DX-Py runtime"} | {
    word: command.summary for word, command in COMMANDS.items()
}
OPTIONS = {
    "--python": "the interpreter: a path, a version, or an environment's folder",
    "--dx-version": "the version of DX-Py",
    "--dx-plan": "print what would be executed",
    "--help": "how to call dx-py",
    "--version": "the version of the interpreter",
    "-m": "run a module",
    "-c": "run code",
}
RUN_OPTIONS = {
    "--compile=auto": "use DX-Py's code for compiled modules",
    "--compile=all": "compile every module",
    "--compile=off": "use the interpreter's own compiler",
    "--stats": "report what DX-Py did",
    "--stats-json": "write what DX-Py did to a file",
    "--profile-out": "write what the native tier learned to a file",
    "--python": OPTIONS["--python"],
    "-m": OPTIONS["-m"],
    "-c": OPTIONS["-c"],
}


def main(arguments: list[str]) -> int:
    parser = CommandParser("dx-py completion", USAGE)
    parser.add_argument("shell", help=", ".join(SHELLS))
    shell = parser.choice("shell", parser.parse(arguments).shell, sorted(SHELLS))
    sys.stdout.write(SHELLS[shell]())
    return 0


def bash() -> str:
    """Words and options first, then files; nothing that needs a bash above macOS's 3.2."""
    return f"""\
_dx_py() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} choices= IFS=$' \\t\\n'
    if [ "$COMP_CWORD" -eq 1 ]; then
        choices='{" ".join([*sorted(WORDS), *OPTIONS])}'
    elif [ "${{COMP_WORDS[1]}}" = run ]; then
        choices='{" ".join(RUN_OPTIONS)}'
    elif [ "${{COMP_WORDS[1]}}" = help ]; then
        choices='{" ".join(sorted(WORDS))}'
    fi
    IFS=$'\\n'
    COMPREPLY=($(IFS=$' \\t\\n' compgen -W "$choices" -- "$current"; compgen -f -- "$current"))
}}
complete -o filenames -F _dx_py dx-py
"""


def zsh() -> str:
    return f"""\
#compdef dx-py
_dx_py() {{
    local -a commands options run_options
    commands=({_zsh_rows(WORDS)})
    options=({_zsh_rows(OPTIONS)})
    run_options=({_zsh_rows(RUN_OPTIONS)})
    if (( CURRENT == 2 )); then
        _describe command commands
        _describe option options
    elif [[ $words[2] == run ]]; then
        _describe option run_options
    fi
    _files
}}
compdef _dx_py dx-py
"""


def _zsh_rows(table: dict[str, str]) -> str:
    return " ".join(_quoted(f"{name}:{text}") for name, text in sorted(table.items()))


def fish() -> str:
    lines = [
        f"complete -c dx-py -n __fish_use_subcommand -a {word} -d {_quoted(text)}"
        for word, text in sorted(WORDS.items())
    ]
    for condition, table in (
        ("__fish_use_subcommand", OPTIONS),
        ("'__fish_seen_subcommand_from run'", RUN_OPTIONS),
    ):
        lines += [
            f"complete -c dx-py -n {condition} -a {_quoted(option)} -d {_quoted(text)}"
            for option, text in table.items()
        ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """In single quotes for zsh and fish, whose strings end at the next one."""
    return "'" + text.replace("'", "'\\''") + "'"


SHELLS: dict[str, Callable[[], str]] = {"bash": bash, "fish": fish, "zsh": zsh}
