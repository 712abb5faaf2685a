"""One line for many tests that did not run for one reason: a fixture that failed.

12 tests not run: fixture 'db' failed at conftest.py:5: RuntimeError: no database
"""

from __future__ import annotations

from typing import Any

import pytest

# Fewer are plain enough from pytest's own list.
FEWEST_TESTS = 2
Place = tuple[str, int, str]


class Grouping:
    """Plug-in of the controller: counts the setup errors of the run by where they came from."""

    def __init__(self) -> None:
        self.counts: dict[Place, int] = {}
        self.fixtures: dict[Place, str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "setup" or not report.failed:
            return
        place = place_of(report)
        if place is not None:
            self.counts[place] = self.counts.get(place, 0) + 1
            fixture = getattr(report, "dx_fixture", None)
            if fixture:
                self.fixtures.setdefault(place, fixture)

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: Any) -> None:  # noqa: ANN401
        for place, count in self.counts.items():
            if count >= FEWEST_TESTS:
                terminalreporter.write_line(self.describe(place, count))

    def describe(self, place: Place, count: int) -> str:
        path, line, message = place
        name = self.fixtures.get(place)
        subject = f"fixture {name!r}" if name else "setup"
        return f"{count} tests not run: {subject} failed at {path}:{line}: {message}"


def place_of(report: pytest.TestReport) -> Place | None:
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is None:
        return None
    return crash.path, crash.lineno, crash.message.splitlines()[0]


class FixtureWatch:
    """Plug-in of a worker: which fixture raised, for the report of the setup that it ends."""

    def __init__(self) -> None:
        self.failed: str | None = None

    @pytest.hookimpl(hookwrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Any:  # noqa: ANN401
        outcome = yield
        if outcome.excinfo is not None and self.failed is None:
            self.failed = fixturedef.argname

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, call: pytest.CallInfo[None]) -> Any:  # noqa: ANN401
        outcome = yield
        if call.when == "setup":
            if call.excinfo is not None and self.failed is not None:
                outcome.get_result().dx_fixture = self.failed
            self.failed = None
