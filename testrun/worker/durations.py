"""How long each test took in earlier runs: what the schedule weighs batches by."""

from __future__ import annotations

import hashlib
import json
import os

import pytest

from .artifact_file import keep_in_cache
from .index import cache_root

# Of a test that never ran, where nothing else is known.
UNKNOWN_SECONDS = 0.01


class Durations:
    """Plug-in of the controller: reads what was recorded, adds what this run measures.

    A run of one test needs neither.
    """

    def __init__(self, rootdir: str) -> None:
        name = hashlib.sha256(os.fsencode(rootdir)).hexdigest()
        self.path = os.path.join(cache_root(), "v1", "durations", name[:2], name[2:])
        self.known: dict[str, float] | None = None
        self.measured: dict[str, float] = {}

    def of(self, item: pytest.Item) -> float:
        if self.known is None:
            self.known = read(self.path)
        return self.known.get(item.nodeid, UNKNOWN_SECONDS)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        spent = self.measured.get(report.nodeid, 0.0)
        self.measured[report.nodeid] = spent + report.duration

    def pytest_unconfigure(self) -> None:
        if len(self.measured) < 2:
            return
        known = read(self.path)
        known.update({name: round(spent, 4) for name, spent in self.measured.items()})
        try:
            keep_in_cache(self.path, json.dumps(known, sort_keys=True).encode("utf-8"))
        except OSError:
            # Only a hint for the next schedule: a cache that cannot be written loses nothing.
            return


def read(path: str) -> dict[str, float]:
    try:
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {str(k): float(v) for k, v in found.items() if isinstance(v, (int, float))}
