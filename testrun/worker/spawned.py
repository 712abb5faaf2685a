"""A worker that was started as a process of its own: it collects, then takes numbers of items.

Numbers are the controller's, so the items are put in the controller's order first.
"""

from __future__ import annotations

import os
from collections import defaultdict, deque

import pytest

from . import events, xdist_fixtures, xdist_interface
from .channel import Channel
from .isolation import Identity, announce, narrow_hooks, watch_faults
from .worker import run_forked


class SpawnedWorker:
    """Plug-in: a whole pytest session whose loop is driven by the controller."""

    def __init__(self, settings: str) -> None:
        read_fd, write_fd, dump_fd, name, count, run_id, folder = settings.split(",", 6)
        self.channel = Channel(int(read_fd), int(write_fd))
        self.identity = Identity(name, int(count), run_id)
        self.dump_fd = int(dump_fd)
        self.folder = folder

    def pytest_addoption(
        self, parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager
    ) -> None:
        xdist_interface.replace_xdist(pluginmanager)
        xdist_interface.add_options(parser)

    def pytest_addhooks(self, pluginmanager: pytest.PytestPluginManager) -> None:
        pluginmanager.add_hookspecs(xdist_interface.HookSpecifications)

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        xdist_interface.add_markers(config)
        config.pluginmanager.register(xdist_fixtures)
        announce(config, self.identity)
        if self.folder:
            config.option.basetemp = os.path.join(self.folder, f"popen-{self.identity.name}")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        narrow_hooks(session.config)
        watch_faults(self.dump_fd)
        kind, ids = self.channel.receive()
        assert kind == events.ORDER
        session.items[:] = in_order(session.items, ids)
        run_forked(session, self.channel)
        return True


def in_order(items: list[pytest.Item], ids: list[str]) -> list[pytest.Item]:
    """``items`` in the order of ``ids``, in which an id may occur more than once."""
    by_id: dict[str, deque[pytest.Item]] = defaultdict(deque)
    for item in items:
        by_id[item.nodeid].append(item)
    missing = [name for name in ids if name not in by_id]
    if missing:
        raise pytest.UsageError(
            f"'{missing[0]}' was collected in one process and not in another"
        )
    return [by_id[name].popleft() for name in ids]


def main(arguments: list[str], settings: str) -> int:
    os.environ.pop("DX_TEST_WORKER", None)
    return int(pytest.main(arguments, plugins=[SpawnedWorker(settings)]))
