"""Workers as processes: start them, hear them, find out how they died, leave none behind."""

from __future__ import annotations

import gc
import os
import selectors
import signal
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO, Any

from .channel import Channel, channel_pair

# How long a worker may take to leave after it said that it is done.
LEAVING_SECONDS = 10.0
# How long it may take to write its stacks before it is killed.
DUMP_SECONDS = 0.1


@dataclass
class Process:
    """A running worker as the controller sees it."""

    number: int
    pid: int
    channel: Channel
    dump: IO[bytes]
    assigned: list[int] = field(default_factory=list)
    running: int | None = None
    started: float = 0.0
    recent: list[int] = field(default_factory=list)
    waiting: bool = False
    done: bool = False
    reports: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        return f"gw{self.number}"

    def kill(self) -> None:
        """Kill the worker and the processes of its group."""
        for kill, target in ((os.killpg, self.pid), (os.kill, self.pid)):
            try:
                kill(target, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                continue

    def wait(self) -> int:
        """Its exit status, or minus the number of the signal that ended it."""
        _, status = os.waitpid(self.pid, 0)
        return exit_status(status)

    def wait_until(self, deadline: float) -> int | None:
        while time.monotonic() < deadline:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return exit_status(status)
            time.sleep(0.002)
        return None

    def ask_for_traceback(self) -> None:
        """Have the worker write where its threads are, if it still can."""
        try:
            os.kill(self.pid, signal.SIGUSR2)
        except (ProcessLookupError, AttributeError):
            return
        time.sleep(DUMP_SECONDS)

    def traceback_text(self) -> str:
        """What faulthandler wrote when the worker crashed or was asked where it is."""
        self.dump.seek(0)
        return self.dump.read().decode("utf-8", "replace").strip()


def exit_status(status: int) -> int:
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


class Pool:
    """The live workers; a fork runs ``entry(number, channel, dump_fd)`` and never returns."""

    def __init__(self, entry: Callable[[int, Channel, int], None]) -> None:
        self.entry = entry
        self.selector = selectors.DefaultSelector()
        self.processes: list[Process] = []

    def start(self, number: int) -> Process:
        ours, theirs = channel_pair()
        dump = tempfile.TemporaryFile()  # noqa: SIM115  (lives as long as the process)
        gc.freeze()
        pid = os.fork()
        if pid == 0:
            self.forget_others()
            ours.close()
            self.entry(number, theirs, dump.fileno())
        theirs.close()
        process = Process(number, pid, ours, dump)
        self.processes.append(process)
        self.selector.register(ours.read_fd, selectors.EVENT_READ, process)
        return process

    def forget_others(self) -> None:
        """In a fork: close the other workers' channels, so that those see them end."""
        self.selector.close()
        for process in self.processes:
            process.channel.close()

    def poll(self, timeout: float | None) -> list[tuple[Process, list[Any] | None]]:
        """Messages by process; None where the process is gone."""
        heard: list[tuple[Process, list[Any] | None]] = []
        for key, _ in self.selector.select(timeout):
            process: Process = key.data
            try:
                heard.append((process, process.channel.receive_available()))
            except (EOFError, OSError):
                heard.append((process, None))
        return heard

    def remove(self, process: Process) -> int:
        """Take a process whose channel has ended out of the pool; its exit status."""
        self.selector.unregister(process.channel.read_fd)
        self.processes.remove(process)
        status = process.wait_until(time.monotonic() + LEAVING_SECONDS)
        process.kill()
        if status is None:
            status = process.wait()
        process.channel.close()
        return status

    def kill_all(self) -> None:
        for process in self.processes:
            process.kill()
        for process in list(self.processes):
            self.remove(process)
            process.dump.close()
        self.selector.close()
