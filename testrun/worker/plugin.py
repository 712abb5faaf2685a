"""The plug-in that turns one real pytest session into a controller of forked workers.

pytest parses, collects and reports as ever; only the loop over the items is ours, and where a
run cannot be split it is pytest's own again, with one line that says why.
"""

from __future__ import annotations

import faulthandler
import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from . import xdist_fixtures, xdist_interface
from .advice import Advice
from .collection import BrokenFiles, CollectionGuard
from .controller import Controller
from .durations import Durations
from .fallback import reason_for_one_process
from .grouping import Grouping
from .impact import Impact
from .last_run import LastRun
from .learning import Learner
from .progress import Progress
from .result_files import ResultFiles
from .run_file import Merging, RunWriter
from .sharding import Sharding
from .timeouts import configured_limit

# From writing where a process is stuck to ending it.
STACK_SECONDS = 0.5


class DxPlugin:
    """Registered before pytest reads its command line."""

    def __init__(self, progress: Progress, broken: dict[str, str]) -> None:
        self.reason: str | None = None
        self.limit: float | None = None
        self.stuck: list[str] = []
        self.learner = Learner()
        self.collection_plugins = (
            CollectionGuard(progress),
            BrokenFiles(broken),
            Advice(),
        )

    def pytest_addoption(
        self, parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager
    ) -> None:
        self.learner.start()
        xdist_interface.replace_xdist(pluginmanager)
        xdist_interface.add_options(parser)

    def pytest_addhooks(self, pluginmanager: pytest.PytestPluginManager) -> None:
        pluginmanager.add_hookspecs(xdist_interface.HookSpecifications)

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        xdist_interface.add_markers(config)
        self.limit = configured_limit(config)
        self.learner.leave_out_ids(config)
        for plugin in (*self.collection_plugins, self.learner, *self.features(config)):
            config.pluginmanager.register(plugin)
        config.pluginmanager.register(xdist_fixtures)

    def limit_leaving(self) -> None:
        """Exit handlers and threads of the project may take as long as a test."""
        if self.limit is not None and hasattr(signal, "setitimer"):
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_REAL, self.limit + STACK_SECONDS)
            faulthandler.dump_traceback_later(self.limit)

    def features(self, config: pytest.Config) -> Iterator[object]:
        option = config.option
        self.durations = Durations(str(config.rootpath))
        self.last_run = LastRun()
        if option.dx_shard_plan:
            keep_no_history(config)
        else:
            yield from (self.durations, Grouping(), self.last_run)
            yield from ResultFiles.wanted(config)
        if option.dx_shard:
            yield Sharding(option.dx_shard, option.dx_shard_plan)
        if option.dx_changed or option.dx_changed_first:
            yield Impact(config)
        if option.dx_write_run:
            yield RunWriter(config)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        config = session.config
        if config.option.collectonly or not session.items:
            self.learner.remember(session)
            return None
        if session.testsfailed and not config.option.continue_on_collection_errors:
            return None
        if config.option.dx_merge:
            Merging(session, config.option.dx_merge).run()
            return True
        self.reason = reason_for_one_process(session)
        if self.reason is not None:
            self.learner.remember(session)
            return None
        workers = worker_count(config)
        controller = Controller(session, workers=workers, durations=self.durations)
        self.last_run.scheduled(controller.schedule, workers, config.option.dx_dist)
        self.stuck = controller.stuck
        controller.run(meanwhile=lambda: self.learner.remember(session))
        return True

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:  # noqa: ANN401
        for text in self.stuck:
            terminalreporter.write_line(text)
        if self.reason is not None:
            terminalreporter.write_line(f"dx-py: one process of plain pytest: {self.reason}")


def keep_no_history(config: pytest.Config) -> None:
    """In a part of a run: what failed and what was seen, the whole run says in its report."""
    cache: Any = getattr(config, "cache", None)
    if cache is not None:
        cache.set = lambda _key, _value: None


def worker_count(config: pytest.Config) -> int:
    wanted = config.option.dx_workers
    if isinstance(wanted, int):
        return wanted
    from_hook = config.hook.pytest_xdist_auto_num_workers(config=config)
    return from_hook if from_hook is not None else available_processors()


def available_processors() -> int:
    variable = os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS", "")
    if variable.isdigit():
        return max(1, int(variable))
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
