"""Runs pytest in this process, and writes what became of each test as JSON.

    python outcomes_of_tests.py OUTCOMES PYTEST_ARGUMENT...

OUTCOMES is an object: a test's id, with addresses left out, to the outcomes of its phases.
"""

import json
import re
import sys

import pytest


class Recorder:
    def __init__(self):
        self.outcomes = {}

    def pytest_runtest_logreport(self, report):
        name = re.sub("0x[0-9a-f]+", "ADDRESS", report.nodeid)
        expected = " as expected" if hasattr(report, "wasxfail") else ""
        self.outcomes.setdefault(name, []).append(f"{report.when} {report.outcome}{expected}")

    def pytest_collectreport(self, report):
        if not report.passed:
            self.outcomes.setdefault(report.nodeid, []).append(f"collect {report.outcome}")


recorder = Recorder()
status = pytest.main(sys.argv[2:], plugins=[recorder])
with open(sys.argv[1], "w", encoding="utf-8") as file:
    json.dump(recorder.outcomes, file)
sys.exit(status)
