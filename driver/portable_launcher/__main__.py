"""``python -I -m dx_py.driver.portable_launcher ARGUMENTS``: as ``dx-py ARGUMENTS``."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress

from dx_py.driver.portable_launcher.command_line import parse
from dx_py.driver.portable_launcher.installation import find_installation
from dx_py.driver.portable_launcher.plan import Plan, format_plan, make_plan

FAILED = 1
WRONG_USAGE = 2


def main() -> int:
    """Become the program that the command line asks for; returns only where there is none."""
    line = parse(sys.argv[1:])
    if line.is_mistake():
        return _fail(line.mistake, WRONG_USAGE)
    plan = make_plan(line, find_installation())
    if plan.path is None:
        return _fail(plan.problem or "nothing to run", WRONG_USAGE)
    if plan.problem:
        _say(plan.problem)
    if line.show_plan:
        sys.stdout.buffer.write(os.fsencode(format_plan(plan)))
        return 0
    try:
        return _execute(plan, plan.path)
    except OSError as error:
        return _fail(f"cannot execute '{plan.path}': {error.strerror}", FAILED)


def _execute(plan: Plan, path: str) -> int:
    for name, value in plan.changes.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    _restore_signals()
    if os.name == "posix":
        os.execv(path, plan.arguments)
    # Windows has no exec: wait, and let the child alone answer Ctrl+C.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return subprocess.run(plan.arguments, executable=path, check=False).returncode


def _restore_signals() -> None:
    """Python ignores these for itself; an ignored signal would stay so across exec."""
    for name in ("SIGPIPE", "SIGXFZ", "SIGXFSZ"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)


def _fail(text: str, status: int) -> int:
    _say(text)
    return status


def _say(text: str) -> None:
    with suppress(OSError):
        os.write(2, os.fsencode(f"dx-py: {text}\n"))


if __name__ == "__main__":
    sys.exit(main())
