"""The loop of a worker: take batches of item numbers, run each by pytest's own protocol."""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from collections.abc import Sequence
from typing import Any

import pytest

from . import events
from .channel import Channel
from .coverage_data import save_worker_data
from .exclusive import HandBack, SessionFixtures
from .grouping import FixtureWatch
from .reporting import Forwarder
from .terminal import Holder, OutputChannel, UncapturedOutput, asking_stdin


class Worker:
    """Runs items of an already collected session; everything it learns goes up the channel."""

    def __init__(
        self, session: pytest.Session, channel: Channel, output: Sequence[int] = ()
    ) -> None:
        """``output`` are the files for what tests write, where it is not captured."""
        self.session = session
        self.holder = Holder(channel)
        self.channel = channel
        if output:
            uncaptured = UncapturedOutput(output)
            self.holder.listeners.append(uncaptured.redirect)
            self.channel = OutputChannel(channel, uncaptured)
            sys.stdin = asking_stdin(self.holder.take)
        self.forwarder = Forwarder(session.config, self.channel, self.holder)
        self.fixtures = SessionFixtures(channel)
        self.queue: list[int] = []
        self.ended = False

    def run(self) -> None:
        manager = self.session.config.pluginmanager
        manager.register(self.forwarder, "dx-forwarder")
        manager.register(FixtureWatch(), "dx-fixture-watch")
        manager.register(self.holder, "dx-terminal")
        if self.session.config.workerinput["workercount"] > 1:  # type: ignore[attr-defined]
            manager.register(self.fixtures, "dx-session-fixtures")
        self.holder.watch_capture(self.session.config)
        try:
            self.channel.send((events.NEED,))
            self.take()
            while self.queue:
                self.run_item(self.queue.pop(0))
        except KeyboardInterrupt:
            # The controller stops the run; nobody reads what was being sent.
            self.queue.clear()
        self.finish()

    def take(self) -> None:
        """Wait for a batch; the last item's teardown depends on what comes after it."""
        kind, *content = self.channel.receive()
        if kind == events.BATCH:
            self.queue.extend(content[0])
        else:
            self.ended = True

    def run_item(self, index: int) -> None:
        item = self.session.items[index]
        self.forwarder.index = self.holder.index = self.fixtures.index = index
        self.channel.send((events.START, index))
        if not self.queue and not self.ended:
            self.channel.send((events.NEED,))
            self.take()
        following = self.session.items[self.queue[0]] if self.queue else None
        try:
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if self.holder.withdrawn:
                self.queue.clear()
                tear_down(item)
            self.holder.give_back()
        except HandBack as stop:
            self.channel.send((events.HAND_BACK, index, stop.fixture, [index, *self.queue]))
            self.queue.clear()
        except pytest.exit.Exception as stop:
            self.channel.send((events.EXIT, index, stop.msg, stop.returncode))
        except KeyboardInterrupt:
            self.queue.clear()
            self.channel.send((events.INTERRUPT, index, traceback.format_exc()))
        else:
            self.channel.send((events.FINISH, index))

    def finish(self) -> None:
        """Tear down what is still set up; being told to stop must not cut that short."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        config: Any = self.session.config
        # Measuring ends with the tests, as pytest-cov has it: what dies later is not counted.
        save_worker_data(config)
        config.hook.pytest_sessionfinish(session=self.session, exitstatus=0)
        self.channel.send((events.DONE, plain_output(config.workeroutput)))


def tear_down(item: pytest.Item) -> None:
    """End what was kept for an item that will not come; only an error is reported, for pytest
    has reported the item's own teardown."""
    state: Any = item.session._setupstate
    call = pytest.CallInfo.from_call(lambda: state.teardown_exact(None), when="teardown")
    if call.excinfo is not None:
        report = item.ihook.pytest_runtest_makereport(item=item, call=call)
        item.ihook.pytest_runtest_logreport(report=report)


def plain_output(output: dict[str, Any]) -> dict[str, Any]:
    """What can be sent of ``config.workeroutput``."""
    simple = (str, bytes, int, float, bool, list, tuple, dict, type(None))
    return {key: value for key, value in output.items() if isinstance(value, simple)}


def run_forked(session: pytest.Session, channel: Channel, output: Sequence[int] = ()) -> None:
    """Run and leave the process: the caller's frames, which are the controller's, end here."""
    status = 0
    try:
        Worker(session, channel, output).run()
        threading._shutdown()  # type: ignore[attr-defined]
        run_exit_handlers()
    except BaseException:
        status = 3
        report_failure(channel)
    finally:
        leave(status)


def run_exit_handlers() -> None:
    import atexit

    atexit._run_exitfuncs()


def report_failure(channel: Channel) -> None:
    try:
        channel.send((events.INTERNAL, traceback.format_exc()))
    except OSError:
        # The controller is gone: there is nobody left to tell.
        return


def leave(status: int) -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            continue
    os._exit(status)
