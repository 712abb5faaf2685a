"""The supervisor of a run that a client waits for: its signals, its patience, its status."""

from __future__ import annotations

import os
import select
import signal
import socket
import time

from ..supervisor import reap
from .protocol import STATUS

# Between asking a run to end because its client is gone, and ending it.
LEAVING_SECONDS = 5.0


class ClientLink:
    """In the process between client and run: waits for both."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.ended, self.wake = os.pipe()
        for descriptor in (self.ended, self.wake):
            os.set_blocking(descriptor, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self.wake, warn_on_full_buffer=False)

    def wait(self, pid: int) -> int:
        """The status of ``pid`` once it has ended, after passing on what the client says."""
        watched = [self.ended, self.connection.fileno()]
        while True:
            if (status := reap(pid)) is not None:
                return status
            ready, _, _ = select.select(watched, [], [])
            if self.ended in ready:
                os.read(self.ended, 1 << 10)
            elif not self.pass_signals(pid):
                end(pid)
                watched = [self.ended]

    def pass_signals(self, pid: int) -> bool:
        """Whether the client is still there."""
        try:
            numbers = self.connection.recv(1 << 10)
        except OSError:
            return False
        for number in numbers:
            os.kill(pid, number)
        return bool(numbers)

    def forget(self) -> None:
        """In the run itself, which is no longer between the two."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.close(self.ended)
        os.close(self.wake)
        self.connection.close()

    def finish(self, status: int) -> None:
        try:
            self.connection.sendall(STATUS.pack(status))
        except OSError:
            # Nobody waits any longer.
            return


def end(pid: int) -> None:
    """Let fixtures be torn down, but not for long."""
    os.kill(pid, signal.SIGINT)
    deadline = time.monotonic() + LEAVING_SECONDS
    while time.monotonic() < deadline:
        if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            return
        time.sleep(0.02)
    os.kill(pid, signal.SIGKILL)
