"""Plug-in that watches the collection and leaves an index of it behind."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest

from .index import remember
from .recording import Recorder


class Learner:
    """``start`` before any code of the project runs; ``remember`` when the items are final."""

    def __init__(self) -> None:
        self.recorder = Recorder()
        self.started_ns = time.time_ns()
        self.deselected = 0

    def start(self) -> None:
        self.started_ns = time.time_ns()
        self.recorder.start()

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        self.deselected += len(items)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self) -> None:
        self.recorder.stop()

    def pytest_unconfigure(self) -> None:
        self.recorder.stop()

    def remember(self, session: pytest.Session) -> None:
        remember(session, self.recorder, self.started_ns, self.deselected)
