"""Workers as processes: start them, hear them, find out how they died, leave none behind."""

from __future__ import annotations

import os
import selectors
import signal
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO, Any

from .channel import Channel, channel_pair
from .signals import decode_status, ignored

# How long a worker may take to leave after its channel ended.
LEAVING_SECONDS = 10.0
# How long it may take to tear down session fixtures when the run is stopped early.
STOPPING_SECONDS = 5.0
# How long it may take to write its stacks before it is killed.
DUMP_SECONDS = 0.1

Launch = Callable[["Process", Channel], int]
Heard = list[tuple["Process", "list[Any] | None"]]


@dataclass(eq=False)
class Process:
    """A running worker as the controller sees it."""

    number: int
    name: str
    channel: Channel
    dump: IO[bytes]
    pid: int = 0
    assigned: list[int] = field(default_factory=list)
    running: int | None = None
    started: float = 0.0
    recent: list[int] = field(default_factory=list)
    done: bool = False
    #: It waits for another worker's setup of a fixture.
    waiting: bool = False
    #: It was told that no further batch comes.
    ending: bool = False
    reports: set[str] = field(default_factory=set)
    #: Under `-s`: what its tests write, one file for both streams where they are one.
    output: list[IO[bytes]] = field(default_factory=list)
    shown: dict[int, int] = field(default_factory=dict)
    #: It waits for the terminal, or has it: nobody can say how long that takes.
    interactive: bool = False
    #: What it had yet to run was given to others; it is not told before it has the terminal.
    withdrawn: bool = False

    @property
    def is_free(self) -> bool:
        """Whether it will ask for another batch, whatever becomes of the others."""
        return not (self.ending or self.waiting or self.interactive)

    def signal(self, number: int) -> None:
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            return

    def kill(self) -> None:
        """Kill the worker and the processes of its group."""
        for kill in (os.killpg, os.kill):
            try:
                kill(self.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                continue

    def wait(self, deadline: float) -> int | None:
        """Its exit status, or minus the number of its signal; None if it lives on."""
        while time.monotonic() < deadline:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return decode_status(status)
            time.sleep(0.001)
        return None

    def write_stacks(self) -> None:
        """Have the worker write where its threads are, if it still can."""
        self.signal(signal.SIGUSR2)
        time.sleep(DUMP_SECONDS)

    def stacks(self) -> str:
        """What faulthandler wrote when the worker crashed or was asked where it is."""
        self.dump.seek(0)
        return self.dump.read().decode("utf-8", "replace").strip()


class Pool:
    """The live workers. ``launch(process, channel)`` starts one and gives its pid; ``first`` is
    the number in the name of the first, where other runs of the machine have those before."""

    def __init__(self, launch: Launch, outputs: int = 0, first: int = 0) -> None:
        self.launch = launch
        self.first = first
        self.outputs = outputs
        self.selector = selectors.DefaultSelector()
        self.processes: list[Process] = []

    def start(self, number: int) -> Process:
        ours, theirs = channel_pair()
        # It lives as long as the process, which is no block of code.
        name = f"gw{self.first + number}"
        process = Process(number, name, ours, tempfile.TemporaryFile())  # noqa: SIM115
        process.output = [tempfile.TemporaryFile() for _ in range(self.outputs)]  # noqa: SIM115
        self.processes.append(process)
        process.pid = self.launch(process, theirs)
        theirs.close()
        self.selector.register(ours.read_fd, selectors.EVENT_READ, process)
        return process

    def forget(self) -> None:
        """In a fork: close our ends of all channels, so that their workers see them end."""
        self.selector.close()
        for process in self.processes:
            process.channel.close()

    def poll(self, timeout: float | None) -> Heard:
        """Messages by process; None where the process is gone."""
        heard: Heard = []
        for key, _ in self.selector.select(timeout):
            process: Process = key.data
            try:
                heard.append((process, process.channel.receive_available()))
            except (EOFError, OSError):
                heard.append((process, None))
        return heard

    def remove(self, process: Process) -> int:
        """Take a process whose channel has ended out of the pool; how it ended."""
        self.selector.unregister(process.channel.read_fd)
        self.processes.remove(process)
        status = process.wait(time.monotonic() + LEAVING_SECONDS)
        if status is None or not process.done:
            process.kill()
        if status is None:
            _, raw = os.waitpid(process.pid, 0)
            status = decode_status(raw)
        process.channel.close()
        return status

    def stop(self) -> None:
        """Interrupt what runs, let session fixtures be torn down, then end every worker."""
        with ignored(signal.SIGINT):
            # An interrupt may come twice: from the supervisor, and as one of the group.
            self.interrupt_all()
        self.kill_all()

    def interrupt_all(self) -> None:
        for process in self.processes:
            process.signal(signal.SIGINT)
        deadline = time.monotonic() + STOPPING_SECONDS
        while self.processes and time.monotonic() < deadline:
            for key, _ in self.selector.select(deadline - time.monotonic()):
                stopped: Process = key.data
                if stopped.channel.is_drained():
                    self.remove(stopped)
                    stopped.dump.close()

    def kill_all(self) -> None:
        for process in self.processes:
            process.kill()
        for process in list(self.processes):
            self.remove(process)
            process.dump.close()
        self.selector.close()
