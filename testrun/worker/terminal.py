"""The terminal, which one worker at a time may have: for `-s`, `--pdb` and `breakpoint()`.

A worker asks for it; it is granted when its item is the next to be shown, so that what is on
the screen then is what one process would have shown. The others go on running, unseen.
"""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import IO, Any

import pytest

from . import events
from .channel import Channel
from .signals import ignored, in_main_thread

STDIN, STDOUT, STDERR = 0, 1, 2


def is_uncaptured(config: pytest.Config) -> bool:
    return bool(config.option.capture == "no")


class Holder:
    """Plug-in of a worker: asks for the terminal and gives it back."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.index = -1
        self.held = False
        self.interrupt: Any = None
        #: While we waited, what we had yet to run was given to others.
        self.withdrawn = False
        #: Called with True when the terminal is ours, and with False when it is not any more.
        self.listeners: list[Callable[[bool], None]] = []

    def take(self) -> None:
        """Return once it is granted."""
        if self.held:
            return
        self.channel.send((events.TERMINAL, self.index))
        kind, withdrawn = self.channel.receive()
        assert kind == events.GRANT
        self.held = True
        self.withdrawn = self.withdrawn or withdrawn
        self.interrupt = signal.getsignal(signal.SIGINT)
        self.tell()

    def give_back(self) -> None:
        if self.held:
            flush()
            self.held = False
            # It is None where an extension's own code handles it.
            if self.interrupt is not None and in_main_thread():
                # A debugger that goes on wants to be told of interrupts; the next is the run's.
                signal.signal(signal.SIGINT, self.interrupt)
            self.tell()
            self.channel.send((events.RETURN, self.index))

    def tell(self) -> None:
        for listener in self.listeners:
            listener(self.held)

    def watch_capture(self, config: pytest.Config) -> None:
        """Take the terminal where pytest lets go of standard input: for a debugger, whose first
        lines it writes before any hook is called."""
        manager: Any = config.pluginmanager.getplugin("capturemanager")
        if manager is None:
            return
        suspend, resume = manager.suspend_global_capture, manager.resume_global_capture

        def suspend_and_take(in_: bool = False) -> None:
            if in_:
                self.take()
            suspend(in_)

        def flush_and_resume() -> None:
            if self.held:
                flush()
            resume()

        manager.suspend_global_capture = suspend_and_take
        manager.resume_global_capture = flush_and_resume

    def pytest_enter_pdb(self) -> None:
        self.take()

    def pytest_leave_pdb(self) -> None:
        self.give_back()


class AskingInput(io.RawIOBase):
    """Standard input of a worker: reading waits until the terminal is granted.

    It never reads ahead, for what follows may be another worker's.
    """

    def __init__(self, ask: Callable[[], None]) -> None:
        self.ask = ask

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        return STDIN

    def isatty(self) -> bool:
        return os.isatty(STDIN)

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401
        self.ask()
        data = os.read(STDIN, len(buffer))
        buffer[: len(data)] = data
        return len(data)


def asking_stdin(ask: Callable[[], None]) -> IO[str]:
    stream: Any = io.TextIOWrapper(io.BufferedReader(AskingInput(ask), 1))
    stream._CHUNK_SIZE = 1
    return stream  # type: ignore[no-any-return]


class UncapturedOutput:
    """Under `-s`, in a worker: what tests write goes to a file that the controller shows in its
    turn, and to the terminal itself while that is held."""

    def __init__(self, descriptors: Sequence[int]) -> None:
        """One descriptor for both streams where they are the same file."""
        self.files = [descriptors[0], descriptors[-1]]
        self.lengths = list(descriptors)
        self.real = [os.dup(STDOUT), os.dup(STDERR)]
        self.redirect(terminal=False)

    def redirect(self, terminal: bool) -> None:
        flush()
        for number, target in enumerate(self.real if terminal else self.files, STDOUT):
            os.dup2(target, number)

    def sizes(self) -> tuple[int, ...]:
        """How much is written so far, by file."""
        flush()
        return tuple(os.fstat(file).st_size for file in self.lengths)


class OutputChannel(Channel):
    """A worker's channel under `-s`: tells with each message what was written before it."""

    def __init__(self, channel: Channel, output: UncapturedOutput) -> None:
        super().__init__(channel.read_fd, channel.write_fd)
        self.output = output
        self.told: tuple[int, ...] = ()

    def send(self, message: Any) -> None:  # noqa: ANN401
        sizes = self.output.sizes()
        if sizes != self.told and len(message) > 1 and isinstance(message[1], int):
            self.told = sizes
            super().send((events.OUTPUT, message[1], sizes))
        super().send(message)


def flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and not stream.closed:
            stream.flush()


def put_in_front(group: int) -> None:
    """Give input and interrupts of the terminal, if there is one, to a process group."""
    try:
        # Standard input may be captured in this process, and in another place elsewhere.
        terminal = os.open(os.ctermid(), os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return
    # A process in the background of a terminal is stopped for writing to it.
    with ignored(signal.SIGTTOU):
        try:
            os.tcsetpgrp(terminal, group)
        except OSError:
            # The group is gone already: its worker died.
            return
        finally:
            os.close(terminal)
