"""Session fixtures that only one worker can have, such as a server at a fixed port.

Workers take turns in setting up a session fixture of the project for the first time. If that
bound a socket to a chosen port, the fixture is exclusive: its worker runs all tests that use
it, and another worker that comes to such a test hands it back.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest
from _pytest.outcomes import Exit

from . import events
from .index import is_installed

if TYPE_CHECKING:
    from .channel import Channel
    from .pool import Process
    from .schedule import Schedule

# Ports from here on are handed out by the system: a fixture that asked for one has its own.
FIRST_EPHEMERAL_PORT = 32768


class HandBack(Exit):
    """Raised in a setup that must happen in another worker."""

    def __init__(self, fixture: str) -> None:
        super().__init__(f"fixture {fixture!r} is set up in another worker")
        self.fixture = fixture


class SessionFixtures:
    """Plug-in of a worker: asks before it sets up a session fixture, tells whether it bound."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.index = -1
        self.watching = False
        self.binds = 0

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[Any]
    ) -> Generator[None, Any, None]:
        if fixturedef.scope != "session" or not is_of_project(fixturedef):
            yield
            return
        name, before = name_of(fixturedef), self.binds
        self.channel.send((events.SETUP, self.index, name))
        if self.channel.receive()[0] == events.ELSEWHERE:
            raise HandBack(name)
        self.watch()
        yield
        self.channel.send((events.IS_SET_UP, self.index, name, self.binds != before))

    def watch(self) -> None:
        if not self.watching:
            self.watching = True
            sys.addaudithook(self.hear)

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "socket.bind" and is_chosen(arguments[1]):
            self.binds += 1


def is_chosen(address: object) -> bool:
    if not isinstance(address, tuple) or len(address) < 2:
        return False
    port = address[1]
    return isinstance(port, int) and 0 < port < FIRST_EPHEMERAL_PORT


def is_of_project(fixture: pytest.FixtureDef[Any]) -> bool:
    module = sys.modules.get(getattr(fixture.func, "__module__", ""))
    path = getattr(module, "__file__", None)
    return isinstance(path, str) and not is_installed(path)


def name_of(fixture: pytest.FixtureDef[Any]) -> str:
    return f"{fixture.baseid}::{fixture.argname}"


def uses(item: pytest.Item, name: str) -> bool:
    """Whether an item names the fixture, itself or through others."""
    information: Any = getattr(item, "_fixtureinfo", None)
    if information is None:
        return False
    return any(
        name_of(definition) == name
        for definitions in information.name2fixturedefs.values()
        for definition in definitions[-1:]
    )


class Turns:
    """The controller's side: who may set up which session fixture."""

    def __init__(self, schedule: Schedule, items: list[pytest.Item]) -> None:
        self.schedule = schedule
        self.items = items
        #: Found to bear company, and not to.
        self.shared: set[str] = set()
        self.exclusive: set[str] = set()
        self.owners: dict[str, Process] = {}
        #: In the middle of their first setup.
        self.busy: dict[str, Process] = {}
        self.waiting: dict[str, list[Process]] = {}

    def ask(self, process: Process, name: str) -> None:
        owner = self.owners.get(name, process)
        if owner is not process and not owner.ending:
            process.channel.send((events.ELSEWHERE,))
        elif owner is not process or self.must_wait(process, name):
            process.waiting = True
            self.waiting.setdefault(name, []).append(process)
        else:
            self.grant(process, name)

    def must_wait(self, process: Process, name: str) -> bool:
        """For the first setup. A worker that is itself in the middle of one never waits: two
        could wait for each other."""
        return name in self.busy and process not in self.busy.values()

    def grant(self, process: Process, name: str) -> None:
        if name in self.exclusive:
            self.own(process, name)
        elif name not in self.shared:
            self.busy[name] = process
        process.channel.send((events.GRANT,))

    def own(self, process: Process, name: str) -> None:
        self.owners[name] = process
        self.schedule.reserve(process.number, lambda index: uses(self.items[index], name))

    def is_set_up(self, process: Process, name: str, *, exclusive: bool) -> None:
        self.busy.pop(name, None)
        if exclusive and name not in self.exclusive:
            self.exclusive.add(name)
            self.own(process, name)
        elif not exclusive:
            self.shared.add(name)
        self.ask_again(name)

    def hand_back(self, process: Process, name: str, indexes: list[int]) -> None:
        """Tests of a worker whose first one came to a fixture of another's."""
        owner = self.owners.get(name)
        if owner is None or owner.ending:
            self.schedule.give_back(indexes, process.number)
            return
        first, *others = indexes
        theirs = [first, *(index for index in others if uses(self.items[index], name))]
        rest = [index for index in others if index not in theirs]
        self.schedule.give_back(rest, process.number)
        self.schedule.add_reserved(owner.number, theirs)

    def forget(self, process: Process) -> None:
        """Its fixtures ended with it."""
        for table in (self.busy, self.owners):
            for name in [name for name, holder in table.items() if holder is process]:
                del table[name]
        for name, waiting in list(self.waiting.items()):
            self.waiting[name] = [other for other in waiting if other is not process]
            self.ask_again(name)

    def ask_again(self, name: str) -> None:
        for process in self.waiting.pop(name, []):
            process.waiting = False
            process.started = time.monotonic()
            self.ask(process, name)
