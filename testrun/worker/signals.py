"""How a process ended, as a number and in words."""

from __future__ import annotations

import os
import signal


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
