"""Plug-in that watches the collection and leaves an index of it behind."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

import pytest

from .index import UNSTABLE_VARIABLE, remember
from .recording import Recorder


class Learner:
    """``start`` before any code of the project runs; ``remember`` when the items are final."""

    def __init__(self) -> None:
        self.recorder = Recorder()
        self.started_ns = time.time_ns()
        self.deselected = 0
        #: Somebody else wants to know what collecting read.
        self.is_watched = False
        self.useless = os.environ.pop(UNSTABLE_VARIABLE, "") == "1"

    def start(self) -> None:
        self.started_ns = time.time_ns()
        if not self.useless:
            self.recorder.start()

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        self.deselected += len(items)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self) -> None:
        self.recorder.stop()

    def pytest_unconfigure(self) -> None:
        self.recorder.stop()

    def leave_out_ids(self, config: pytest.Config) -> None:
        """Which tests a run of ids has is no question: learning it costs more than the run."""
        names_ids = any("::" in name for name in config.args)
        if names_ids and not config.option.collectonly and not self.is_watched:
            self.useless = True
            self.recorder.stop()

    def remember(self, session: pytest.Session) -> None:
        if not self.useless:
            remember(session, self.recorder, self.started_ns, self.deselected)
