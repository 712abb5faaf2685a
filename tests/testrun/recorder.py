"""A pytest plug-in for the projects under test: each report's facts as a line of JSON."""

from __future__ import annotations

import json
import os

# Tests may replace os.environ while a report is made.
TARGET = os.environ["DX_TEST_RECORD"]


def pytest_runtest_logreport(report):
    record([report.nodeid, report.when, report.outcome, hasattr(report, "wasxfail")])


def pytest_collectreport(report):
    if report.failed:
        record([report.nodeid, "collect", report.outcome, False])


def record(facts):
    with open(TARGET, "a", encoding="utf-8") as file:  # noqa: PTH123
        file.write(json.dumps(facts) + "\n")
