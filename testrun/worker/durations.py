"""How long each test took in earlier runs: what the schedule weighs batches by."""

from __future__ import annotations

import hashlib
import json
import os

import pytest

from .index import cache_root

# Of a test that never ran, where nothing else is known.
UNKNOWN_SECONDS = 0.01


class Durations:
    """Plug-in of the controller: reads what was recorded, adds what this run measures."""

    def __init__(self, rootdir: str) -> None:
        name = hashlib.sha256(os.fsencode(rootdir)).hexdigest()
        self.path = os.path.join(cache_root(), "v1", "durations", name[:2], name[2:])
        self.known: dict[str, float] = {}
        self.read()
        self.measured: dict[str, float] = {}

    def read(self) -> None:
        self.known = read(self.path)

    def of(self, item: pytest.Item) -> float:
        return self.known.get(item.nodeid, UNKNOWN_SECONDS)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        spent = self.measured.get(report.nodeid, 0.0)
        self.measured[report.nodeid] = spent + report.duration

    def pytest_unconfigure(self) -> None:
        if not self.measured:
            return
        self.known.update({name: round(spent, 4) for name, spent in self.measured.items()})
        try:
            os.makedirs(os.path.dirname(self.path), mode=0o700, exist_ok=True)
            temporary = f"{self.path}.{os.getpid()}"
            with open(temporary, "w", encoding="utf-8") as file:
                json.dump(self.known, file, sort_keys=True)
            os.replace(temporary, self.path)
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
