"""``--json FILE`` and ``--html FILE``: the run as data, and as one page that stands alone."""

from __future__ import annotations

import html
import json
from importlib import metadata
from typing import Any

import pytest

PAGE = """<!doctype html>
<meta charset="utf-8">
<title>{title}</title>
<style>
body {{ font: 15px sans-serif; margin: 2em }}
table {{ border-collapse: collapse }}
td, th {{ text-align: left; padding: .2em 1em; border-bottom: 1px solid #ddd }}
.failed, .error {{ color: #b00 }} .passed {{ color: #060 }} .skipped {{ color: #860 }}
pre {{ white-space: pre-wrap; margin: .3em 0 }}
</style>
<h1>{title}</h1>
<table><tr><th>outcome<th>test<th>seconds</tr>
{rows}
</table>
"""


def add_options(parser: pytest.Parser) -> None:
    group = parser.getgroup("dx-py")
    group.addoption("--json", dest="dx_json", metavar="FILE", help="write the results as JSON")
    try:
        metadata.distribution("pytest-html")
    except metadata.PackageNotFoundError:
        group.addoption(
            "--html", dest="dx_html", metavar="FILE", help="write the results as one web page"
        )


class ResultFiles:
    """Plug-in of the controller: one entry a test, written when the session ends."""

    def __init__(self, config: pytest.Config) -> None:
        self.json_path = config.getoption("dx_json", None)
        self.html_path = config.getoption("dx_html", None)
        self.tests: dict[str, dict[str, Any]] = {}

    @classmethod
    def wanted(cls, config: pytest.Config) -> list[ResultFiles]:
        files = cls(config)
        return [files] if files.json_path or files.html_path else []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        entry = self.tests.setdefault(
            report.nodeid, {"id": report.nodeid, "outcome": "passed", "seconds": 0.0}
        )
        entry["seconds"] = round(entry["seconds"] + report.duration, 6)
        outcome = outcome_of(report)
        if outcome != "passed":
            entry["outcome"] = outcome
        if report.failed:
            entry["message"] = report.longreprtext
            entry["sections"] = [list(section) for section in report.sections]

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        tests = list(self.tests.values())
        if self.json_path:
            content = {"schema": 1, "status": int(exitstatus), "tests": tests}
            with open(self.json_path, "w", encoding="utf-8") as file:
                json.dump(content, file, indent=1)
        if self.html_path:
            with open(self.html_path, "w", encoding="utf-8") as file:
                file.write(page(tests))


def outcome_of(report: pytest.TestReport) -> str:
    if hasattr(report, "wasxfail"):
        return "xfailed" if report.skipped else "xpassed"
    if report.failed and report.when != "call":
        return "error"
    return str(report.outcome)


def page(tests: list[dict[str, Any]]) -> str:
    counts: dict[str, int] = {}
    for test in tests:
        counts[test["outcome"]] = counts.get(test["outcome"], 0) + 1
    title = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items()))
    return PAGE.format(title=html.escape(title or "no tests"), rows="\n".join(map(row, tests)))


def row(test: dict[str, Any]) -> str:
    outcome, name = html.escape(test["outcome"]), html.escape(test["id"])
    details = test.get("message")
    if details:
        name = f"<details><summary>{name}</summary><pre>{html.escape(details)}</pre></details>"
    return f'<tr><td class="{outcome}">{outcome}<td>{name}<td>{test["seconds"]:.3f}</tr>'
