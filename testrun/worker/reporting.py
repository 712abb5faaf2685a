"""Reporting hooks, caught in a worker in serialised form and called again in the controller."""

from __future__ import annotations

import os
import pickle
import re
import warnings
from collections import deque
from collections.abc import Callable, Generator
from typing import Any

import pytest

from . import events
from .channel import Channel
from .terminal import STDOUT, Holder, flush

COLOUR = re.compile(r"\x1b\[[\d;]*m")


class Forwarder:
    """Plug-in of a worker: sends each reporting hook's call up, under the item's number."""

    def __init__(self, config: pytest.Config, channel: Channel, holder: Holder) -> None:
        self.config = config
        self.holder = holder
        self.channel = channel
        self.index = -1
        terminal = config.pluginmanager.getplugin("terminalreporter")
        if terminal is not None:
            terminal._tw._file = ForwardingFile(self, terminal._tw._file)

    def send(self, hook: str, arguments: dict[str, Any]) -> None:
        self.channel.send((events.HOOK, self.index, hook, arguments))

    def pytest_runtest_logstart(self, nodeid: str, location: tuple[str, int, str]) -> None:
        self.send("pytest_runtest_logstart", {"nodeid": nodeid, "location": location})

    def pytest_runtest_logfinish(self, nodeid: str, location: tuple[str, int, str]) -> None:
        self.send("pytest_runtest_logfinish", {"nodeid": nodeid, "location": location})

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        data = self.config.hook.pytest_report_to_serializable(config=self.config, report=report)
        self.send("pytest_runtest_logreport", {"report": picklable(data)})

    @pytest.hookimpl(hookwrapper=True)
    def pytest_exception_interact(
        self, report: pytest.TestReport
    ) -> Generator[None, Any, None]:
        yield
        if getattr(report, "_pdbshown", False):
            self.channel.send((events.DEBUGGED, self.index, report.when))

    def pytest_warning_recorded(
        self,
        warning_message: warnings.WarningMessage,
        when: str,
        nodeid: str,
        location: tuple[str, int, str] | None,
    ) -> None:
        self.send(
            "pytest_warning_recorded",
            {
                "warning_message": plain_warning(warning_message),
                "when": when,
                "nodeid": nodeid,
                "location": location,
            },
        )


class ForwardingFile:
    """The terminal's file in a worker: the controller shows, in order, what plug-ins write."""

    def __init__(self, forwarder: Forwarder, terminal: Any) -> None:  # noqa: ANN401
        self._forwarder = forwarder
        self._terminal = terminal

    def write(self, text: str) -> int:
        if self._forwarder.holder.held:
            self._terminal.write(text)
            self._terminal.flush()
        shown = self._forwarder.holder.held
        self._forwarder.channel.send((events.WRITE, self._forwarder.index, text, shown))
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""

    def isatty(self) -> bool:
        return bool(self._terminal.isatty())

    @property
    def encoding(self) -> str:
        return str(getattr(self._terminal, "encoding", "utf-8"))


def picklable(value: Any) -> Any:  # noqa: ANN401
    """``value``, with what cannot be sent replaced by its ``repr``."""
    try:
        pickle.dumps(value, protocol=4)
    except Exception:
        return replace_unpicklable(value)
    return value


def replace_unpicklable(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, dict):
        return {key: picklable(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(picklable(part) for part in value)
    return repr(value)


def plain_warning(message: warnings.WarningMessage) -> warnings.WarningMessage:
    """A copy that can be sent: source objects and unpicklable warnings become text."""
    warning = message.message
    try:
        pickle.loads(pickle.dumps(warning, protocol=4))
    except Exception:
        warning = nearest_standard(message.category)(str(warning))
    return warnings.WarningMessage(
        warning, message_class(warning), message.filename, message.lineno, line=message.line
    )


def message_class(warning: Warning | str) -> type[Warning]:
    return type(warning) if isinstance(warning, Warning) else UserWarning


def nearest_standard(category: type[Warning]) -> type[Warning]:
    """The first class of the warning's own line that any process can import."""
    for candidate in category.__mro__:
        if candidate.__module__ == "builtins" and issubclass(candidate, Warning):
            return candidate
    return Warning


class Replay:
    """Calls the reporting hooks in collection order, item by item, as one process would.

    Events of the item at the head are shown at once; those of later items wait for their turn.
    """

    def __init__(self, session: pytest.Session, grant: Callable[[int], None]) -> None:
        self.session = session
        self.grant = grant
        self.waiting: dict[int, deque[tuple[Any, ...]]] = {}
        self.head = 0
        #: An item may begin in one worker and be handed to another before it is set up.
        self.started: set[int] = set()

    @property
    def finished(self) -> bool:
        return self.head >= len(self.session.items)

    def add(self, event: tuple[Any, ...]) -> None:
        self.waiting.setdefault(event[1], deque()).append(event)
        while self.waiting.get(self.head):
            self.show(self.waiting[self.head].popleft())

    def show(self, event: tuple[Any, ...]) -> None:
        kind, index = event[0], event[1]
        if kind == events.HOOK and event[2] == "pytest_runtest_logstart":
            if index not in self.started:
                self.started.add(index)
                self.call(self.session.items[index], event[2], event[3])
        elif kind == events.HOOK:
            self.call(self.session.items[index], event[2], event[3])
        elif kind == events.WRITE:
            self.write(event[2], shown=event[3])
        elif kind == events.DEBUGGED:
            self.leave_out(self.session.items[index].nodeid, event[2])
        elif kind == events.OUTPUT:
            self.write_output(event[2])
        elif kind == events.TERMINAL:
            self.grant(index)
        elif kind == events.EXIT:
            raise pytest.exit.Exception(event[2], returncode=event[3])
        elif kind == events.FINISH:
            self.advance()

    def advance(self) -> None:
        """The head's item is over: stop where pytest would, else go to the next."""
        if self.session.shouldfail:
            raise self.session.Failed(self.session.shouldfail)
        if self.session.shouldstop:
            raise self.session.Interrupted(self.session.shouldstop)
        self.waiting.pop(self.head, None)
        self.head += 1

    def call(self, item: pytest.Item, name: str, arguments: dict[str, Any]) -> None:
        config = self.session.config
        if name == "pytest_runtest_logreport":
            report = config.hook.pytest_report_from_serializable(
                config=config, data=arguments["report"]
            )
            item.ihook.pytest_runtest_logreport(report=report)
        elif name == "pytest_warning_recorded":
            config.hook.pytest_warning_recorded.call_historic(kwargs=arguments)
        else:
            getattr(item.ihook, name)(**arguments)

    def write_output(self, written: list[bytes]) -> None:
        """What tests wrote to standard output and error, uncaptured."""
        flush()
        for descriptor, data in enumerate(written, STDOUT):
            left = memoryview(data)
            while left:
                left = left[os.write(descriptor, left) :]

    def write(self, text: str, *, shown: bool) -> None:
        """What a plug-in wrote; already ``shown`` if its worker had the terminal."""
        terminal: Any = self.session.config.pluginmanager.getplugin("terminalreporter")
        if terminal is None:
            return
        writer = terminal._tw
        if not shown:
            writer.write(text, flush=True)
        elif "\n" in text:
            writer._current_line = text.rsplit("\n", 1)[-1]
        else:
            writer._current_line += text
        # Colours, already in the text, take no columns.
        writer._current_line = COLOUR.sub("", writer._current_line)

    def leave_out(self, nodeid: str, when: str) -> None:
        """A failure that the debugger showed is not shown again in the summary."""
        terminal: Any = self.session.config.pluginmanager.getplugin("terminalreporter")
        for reports in [] if terminal is None else terminal.stats.values():
            for report in reports:
                if (getattr(report, "nodeid", ""), getattr(report, "when", "")) == (
                    nodeid,
                    when,
                ):
                    report._pdbshown = True
