"""The outermost process: starts the controller, outlives it, leaves no process behind.

It imports almost nothing and runs no code of the project, so a crash while collecting, which
takes the controller with it, can be named and the run repeated without the file at fault.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterable, Sequence

from .progress import COLLECTING, DONE, Progress
from .signals import cause_of, decode_status

FORWARDED = tuple(
    getattr(signal, name) for name in ("SIGTERM", "SIGHUP", "SIGQUIT") if hasattr(signal, name)
)
HANDLED = (signal.SIGINT, *FORWARDED)
# A run is repeated at most once for each file that kills it, up to this many.
MOST_BROKEN_FILES = 25
PR_SET_CHILD_SUBREAPER = 36
# The origin of a signal that the kernel sent by itself (Linux, asm-generic/siginfo.h).
SI_KERNEL = 128


def supervise(arguments: list[str]) -> int:
    """Run the controller in a child where the platform forks; pytest's exit status."""
    worker = os.environ.get("DX_TEST_WORKER")
    if worker is not None:
        from . import spawned

        return spawned.main(arguments, worker)
    if not hasattr(os, "fork") or os.environ.get("DX_PORTABLE") == "1":
        return run_controller(arguments, Progress(), {})
    if "--watch" in arguments:
        from .server.watch import watch_tests

        return watch_tests(arguments)
    progress, broken = Progress(), dict[str, str]()
    status = repeat_until_done(progress, broken, watch)
    return run_controller(arguments, progress, broken) if status is None else status


def repeat_until_done(
    progress: Progress, broken: dict[str, str], wait: Callable[[int], int]
) -> int | None:
    """Fork controllers until one ends by itself, and give its exit status; None in each fork.

    A file that killed a controller while it was collected is added to ``broken``. ``wait``
    gives the status, as of ``waitpid``, of the process that it is told.
    """
    handlers = {number: signal.getsignal(number) for number in HANDLED}
    while True:
        progress.renew()
        pid = os.fork()
        if pid == 0:
            for number, handler in handlers.items():
                signal.signal(number, handler)
            return None
        status = decode_status(wait(pid))
        kill_left_over(children())
        if progress.phase == DONE and status == -signal.SIGALRM:
            sys.stderr.write("dx-py: the test session did not end in time, and was killed\n")
            return progress.status
        if progress.phase == DONE and status >= 0:
            return status
        if progress.phase != COLLECTING or len(broken) >= MOST_BROKEN_FILES:
            return abnormal_end(status)
        broken[progress.node] = f"{cause_of('the test session', status)} while collecting it"


def run_controller(
    arguments: list[str],
    progress: Progress,
    broken: dict[str, str],
    companions: Sequence[object] = (),
) -> int:
    """A whole pytest session; ``companions`` are plug-ins that its caller adds."""
    try:
        __import__("pytest")
    except ImportError:
        sys.stderr.write(
            f"dx-py: pytest is not installed for '{sys.executable}'; "
            "install it there, for example with 'dx-py pip install pytest'\n"
        )
        progress.finish(4)
        return 4
    from .plugin import DxPlugin

    plugin = DxPlugin(progress, broken)
    status = run_pytest(arguments, [plugin, *companions])
    progress.finish(status)
    plugin.limit_leaving()
    return status


def run_pytest(arguments: list[str], plugins: list[object]) -> int:
    """``pytest.main``; 1, as of pytest's own entry, where nobody reads what it prints."""
    try:
        status = run_named(arguments, plugins)
        sys.stdout.flush()
    except BrokenPipeError:
        # What is still buffered is written at the end of the process.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status


def run_named(arguments: list[str], plugins: list[object]) -> int:
    """``pytest.main``, under the program name that pytest's own entry gives itself."""
    import _pytest.config
    import pytest

    named = getattr(_pytest.config, "_main", None)
    if named is None:
        return int(pytest.main(arguments, plugins=plugins))
    return int(named(args=arguments, plugins=plugins, prog="pytest"))


def watch(pid: int) -> int:
    """Wait for the controller, passing signals on; adopt and reap what its tests abandon."""
    for number in HANDLED:
        # Neither ignored nor fatal: it waits, blocked, until it is asked for.
        signal.signal(number, lambda _number, _frame: None)
    awaited = {signal.SIGCHLD, *HANDLED}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, awaited)
    adopt_orphans()
    try:
        while (status := reap(pid)) is None:
            number, everybody = next_signal(awaited)
            if number != signal.SIGCHLD and not everybody:
                pass_on(pid, number)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return status


def next_signal(awaited: set[int]) -> tuple[int, bool]:
    """Wait for a blocked signal; its number, and whether the controller has it, too, for it is
    an interrupt that a terminal sends to all of its foreground."""
    if not hasattr(signal, "sigwaitinfo"):
        number = signal.sigwait(awaited)
        return number, number == signal.SIGINT
    found = signal.sigwaitinfo(awaited)
    return found.si_signo, found.si_code == SI_KERNEL


def reap(pid: int) -> int | None:
    """Reap what has ended, adopted processes too; the status of ``pid`` if it did."""
    while True:
        ended, status = os.waitpid(-1, os.WNOHANG)
        if ended == pid:
            return status
        if ended == 0:
            return None


def pass_on(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends, also of those in new sessions."""
    if not sys.platform.startswith("linux"):
        return
    try:
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        # Without it orphans go to init, as they do under plain pytest.
        return


def children() -> list[int]:
    """Our live children, where the kernel lists them."""
    path = f"/proc/self/task/{os.getpid()}/children"
    try:
        with open(path, encoding="ascii") as file:
            return [int(pid) for pid in file.read().split()]
    except OSError:
        return []


def kill_left_over(pids: Iterable[int]) -> None:
    """Kill what the tests left running, and what that leaves in turn; name it."""
    names: list[str] = []
    remaining = list(pids)
    while remaining:
        for pid in remaining:
            names += kill_child(pid)
        remaining = children()
    if names:
        shown = ", ".join(sorted(set(names))[:5])
        sys.stderr.write(f"dx-py: killed {len(names)} left-over process(es): {shown}\n")


def kill_child(pid: int) -> list[str]:
    """Kill and reap one child; its name, unless it had ended by itself."""
    try:
        if os.waitpid(pid, os.WNOHANG)[0]:
            return []
        name = command_of(pid)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    except (ChildProcessError, ProcessLookupError):
        return []
    return [name]


def command_of(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            words = file.read().split(b"\0")
    except OSError:
        return f"process {pid}"
    return b" ".join(words).decode("utf-8", "replace").strip()[:60] or f"process {pid}"


def abnormal_end(status: int) -> int:
    sys.stderr.write(f"\ndx-py: {cause_of('the test session', status)}\n")
    return 128 - status if status < 0 else status or 3
