"""``dx-py venv`` and ``dx-py -m venv``: the standard library's options."""

from __future__ import annotations

import sys
from pathlib import Path

from dx_py.artifacts.errors import DxError
from dx_py.pkg.commands.options import Arguments, Command, Kind, Option, parse
from dx_py.pkg.environment import environment_of, find_python
from dx_py.pkg.errors import EnvironmentProblemError, UsageError
from dx_py.pkg.install.venv import create
from dx_py.pkg.install.venv_note import note_template
from dx_py.pkg.interpreter import Interpreter
from dx_py.pkg.store_paths import pkg_store

_PASSED_ON = ("system-site-packages", "symlinks", "copies", "clear", "upgrade")

COMMAND = Command(
    "venv",
    "Make virtual environments.",
    "venv:venv",
    (
        Option(("-h", "--help"), Kind.FLAG, "Show this help."),
        Option(("-p", "--python"), Kind.VALUE, "The interpreter to make it for.", "PYTHON"),
        Option(("--system-site-packages",), Kind.FLAG, "See the interpreter's packages, too."),
        Option(("--symlinks",), Kind.FLAG, "Link the interpreter."),
        Option(("--copies",), Kind.FLAG, "Copy the interpreter."),
        Option(("--clear",), Kind.FLAG, "Empty the folder first."),
        Option(("--upgrade",), Kind.FLAG, "Make it for the interpreter as it is now."),
        Option(("--without-pip",), Kind.FLAG, "Leave pip out."),
        Option(("--prompt",), Kind.VALUE, "What the prompt shows.", "PROMPT"),
        Option(("--upgrade-deps",), Kind.FLAG, "Install the newest pip."),
    ),
    "DIR...",
)


def venv(words: list[str]) -> int:
    """Exit status 0, 1 for what failed, 2 for a command line that makes no sense."""
    try:
        return _run(parse(COMMAND, words, {}))
    except UsageError as error:
        sys.stderr.write(f"dx-py venv: {error}\n")
        return 2
    except DxError as error:
        sys.stderr.write(f"ERROR: {error}\n")
        return 1


def _run(arguments: Arguments) -> int:
    if arguments.flag("help"):
        from dx_py.pkg.commands.help import command_help

        sys.stdout.write(command_help(COMMAND).replace("dx-py pip venv", "dx-py venv"))
        return 0
    if not arguments.positional:
        raise UsageError("venv needs a folder, for instance 'dx-py venv .venv'")
    store = pkg_store()
    found = _python(arguments)
    interpreter = environment_of(found, store, break_system=True).interpreter
    options = tuple(f"--{name}" for name in _PASSED_ON if arguments.flag(name))
    python = Path(str(interpreter.answer["base_executable"]))
    for name in arguments.positional:
        folder = Path(name)
        if (
            folder.is_dir()
            and not folder.joinpath("pyvenv.cfg").exists()
            and any(folder.iterdir())
        ):
            _refuse_occupied(folder, arguments)
        create(folder, python, store, options, prompt=arguments.text("prompt"))
        if not arguments.flag("without-pip"):
            _install_pip(folder, interpreter, store, arguments)
    if not options:
        note_template(found, interpreter, store)
    return 0


def _refuse_occupied(folder: Path, arguments: Arguments) -> None:
    """venv itself writes into any folder; with --clear that would empty a home."""
    if arguments.flag("clear"):
        raise EnvironmentProblemError(
            f"'{folder}' is no environment: --clear would delete what is in it",
            hint="name a new folder, or delete this one yourself",
        )


def _python(arguments: Arguments) -> Path:
    """The interpreter named, the one of PATH, or the one DX-Py runs on."""
    if arguments.text("python"):
        return find_python(arguments.text("python"), system=True)
    try:
        return find_python("", system=True)
    except EnvironmentProblemError:
        return Path(sys.executable)


def _install_pip(
    folder: Path, interpreter: Interpreter, store: Path, arguments: Arguments
) -> None:
    """The wheel that the interpreter brings along for ``ensurepip``."""
    from dx_py.pkg.install.bundled_pip import install_bundled

    python = folder.absolute() / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    install_bundled(environment_of(python, store), store)
    if arguments.flag("upgrade-deps"):
        from dx_py.pkg.commands.main import pip

        pip(["install", "-q", "--python", str(python), "--upgrade", "pip"])
