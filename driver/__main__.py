"""``python -I -m dx_py.driver WORD ARGS...``: run one sub-command of ``dx-py``."""

from __future__ import annotations

import gc
import os
import sys

from dx_py.artifacts.errors import DxError
from dx_py.driver.commands import COMMANDS, run_command

_OBJECTS_BETWEEN_COLLECTIONS = 500_000
#: Commands that leave nothing to do for ``atexit``.
_LEFT_AT_ONCE = (["pip"], ["venv"])
#: What a shell reports for a program that SIGINT, or SIGPIPE, ended.
INTERRUPTED = 130
BROKEN_PIPE = 141


def main(arguments: list[str]) -> int:
    word, *rest = arguments or ["help"]
    if word not in COMMANDS:
        from dx_py.driver.command_line import suggestion, usage_error

        near = suggestion(word, COMMANDS, list_all=True)
        return usage_error("dx-py", f"unknown command '{word}'{near}")
    try:
        status = run_command(word, rest)
        sys.stdout.flush()
    except DxError as error:
        sys.stderr.write(f"dx-py {word}: {error}\n")
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The interpreter flushes again at exit, and would complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    return status


def run_process(arguments: list[str]) -> int:
    """As `main`, for a process that ends with it."""
    # Looking for cycles is 14 % of a resolution's time, and finds nothing to speak of.
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    status = main(arguments)
    if arguments[:1] in _LEFT_AT_ONCE:
        # Taking the interpreter apart, object by object, is 20 % of it.
        sys.stderr.flush()
        os._exit(status)
    return status


if __name__ == "__main__":
    raise SystemExit(run_process(sys.argv[1:]))
