"""Signals that are not to disturb, and how a process ended, as a number and in words."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def ignored(number: int) -> Iterator[None]:
    """Ignore a signal meanwhile; Python lets only the main thread do that."""
    if not in_main_thread():
        yield
        return
    before = signal.signal(number, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(number, before)


def in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def decode_status(status: int) -> int:
    """A status of ``waitpid`` as an exit status, or minus the number of a signal."""
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def cause_of(subject: str, status: int) -> str:
    if status < 0:
        return f"{subject} was killed by {signal_name(-status)}"
    return f"{subject} exited with status {status}"
