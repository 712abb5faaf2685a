"""Collection that survives what it collects: crashes and hangs become collection errors."""

from __future__ import annotations

import faulthandler
import signal
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from types import FrameType

import pytest

from .progress import Progress
from .timeouts import configured_limit, has_pytest_timeout

# After the exception that a hanging import may ignore: how much longer until the process ends.
HARD_SECONDS = 1.0


class CollectionGuard:
    """Plug-in: tells the supervisor what is collected; limits how long a file may take."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress

    def pytest_collectstart(self, collector: pytest.Collector) -> None:
        self.progress.collecting(collector.nodeid)

    def pytest_collection_finish(self) -> None:
        self.progress.running()

    @pytest.hookimpl(hookwrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, None]:
        limit = collection_limit(collector)
        if limit is None:
            yield
            return
        with time_limited(collector.nodeid, limit):
            yield


class BrokenFiles:
    """Plug-in: files that killed an earlier attempt fail to collect, with the reason."""

    def __init__(self, broken: dict[str, str]) -> None:
        self.broken = broken

    @pytest.hookimpl(tryfirst=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> pytest.CollectReport | None:
        reason = self.broken.get(collector.nodeid)
        if reason is None or isinstance(collector, pytest.Session):
            return None
        return pytest.CollectReport(collector.nodeid, "failed", reason, [])


def collection_limit(collector: pytest.Collector) -> float | None:
    """Our ``--timeout`` holds for importing a file too; pytest-timeout's does not."""
    if not isinstance(collector, pytest.File):
        return None
    if has_pytest_timeout(collector.config):
        return None
    return configured_limit(collector.config)


@contextmanager
def time_limited(node: str, seconds: float) -> Iterator[None]:
    """Raise ``TimeoutError`` in the block after ``seconds``; end the process soon after."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"collecting {node} took more than {seconds:g} s")

    if not hasattr(signal, "setitimer"):
        yield
        return
    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    faulthandler.dump_traceback_later(seconds + HARD_SECONDS, exit=True)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
