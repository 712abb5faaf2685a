"""One command in a fork of the server: as its caller would have done it, or given back.

A command that needs another process (a build, git, a keyring, an interpreter to be asked) may
need the caller's terminal or session too. As long as nothing was printed, nothing has happened
that may not happen twice: the command is given back, and the launcher does it in a process of
its own. Environments change after all such processes have run.
"""

from __future__ import annotations

import gc
import io
import os
import signal
import sys
import traceback
from typing import NoReturn, TextIO

from dx_py.driver.__main__ import main
from dx_py.driver.package_server.protocol import Request

#: What a fork says by its exit status instead of a command's; no command has it.
GIVE_BACK = 250
_ERROR = 1
_OTHER_PROCESSES = frozenset(
    ("os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system",
     "subprocess.Popen")
)  # fmt: skip


class _GivenBack(BaseException):
    """No Exception: nothing on its way may take it for an error."""


class _Output(io.FileIO):
    """A standard stream; notes that something was printed."""

    has_printed = False

    def write(self, data: object) -> int:
        _Output.has_printed = True
        return super().write(data)  # type: ignore[arg-type]


def serve_request(request: Request) -> NoReturn:
    """Do the command and leave the process."""
    status = _ERROR
    try:
        _enter(request)
        sys.addaudithook(_give_back_before_processes)
        status = main(request.words)
        sys.stdout.flush()
    except _GivenBack:
        status = GIVE_BACK
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def _enter(request: Request) -> None:
    """Be where the request came from."""
    gc.disable()  # a command is short, and what it inherits is not its to look through
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.chdir(request.folder)
    os.environ.clear()
    os.environ.update(request.environment)
    for number, descriptor in enumerate(request.descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.stdin = open(0, encoding=sys.stdin.encoding, closefd=False)  # noqa: SIM115
    sys.stdout = _stream(1, sys.stdout)
    sys.stderr = _stream(2, sys.stderr)


def _stream(number: int, like: TextIO) -> io.TextIOWrapper:
    """Buffered as the interpreter does it: errors by lines, output so on a terminal."""
    raw = _Output(number, "w", closefd=False)
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=like.encoding,
        errors=like.errors,
        line_buffering=number == 2 or raw.isatty(),
    )


def _give_back_before_processes(event: str, arguments: tuple[object, ...]) -> None:
    if event in _OTHER_PROCESSES and not _Output.has_printed:
        raise _GivenBack
