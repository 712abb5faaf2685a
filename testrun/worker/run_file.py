"""``--write-run FILE``: all that a run reported, as one artifact; ``--merge FILE`` shows it.

A run of some of the tests writes such a file on each machine, and a run with ``--merge`` of all
files shows them in collection order through pytest's own reporting: one summary, one junit
file, one exit status. It collects, and runs no test.

    test-collection   [ids]                                  of --collect-only
    test-shard        {"ids", "reports": [[id, hook, arguments]], "stopped": text}
"""

from __future__ import annotations

import struct
import sys
import warnings
from collections import deque
from typing import Any

import pytest

from . import events
from .artifact_file import replace_file, seal, unseal
from .msgpack_writer import plain
from .reporting import Replay

SCHEMA = 1
COLLECTION, SHARD = "test-collection", "test-shard"
Call = tuple[str, dict[str, Any]]


def add_options(parser: pytest.Parser) -> None:
    group = parser.getgroup("dx-py")
    group.addoption(
        "--write-run", dest="dx_write_run", metavar="FILE", help="write the reports for --merge"
    )
    group.addoption(
        "--merge",
        dest="dx_merge",
        metavar="FILE",
        action="append",
        default=[],
        help="run nothing, and report what runs with --write-run reported (repeatable)",
    )


class RunWriter:
    """Plug-in of the controller."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.path: str = config.option.dx_write_run
        self.reports: list[list[Any]] = []
        self.stopped = ""

    def note(self, node: str, hook: str, arguments: dict[str, Any]) -> None:
        self.reports.append([node, hook, plain(arguments)])

    def pytest_runtest_logstart(self, nodeid: str, location: tuple[str, int, str]) -> None:
        self.note(nodeid, "pytest_runtest_logstart", {"location": location})

    def pytest_runtest_logfinish(self, nodeid: str, location: tuple[str, int, str]) -> None:
        self.note(nodeid, "pytest_runtest_logfinish", {"location": location})

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        data = self.config.hook.pytest_report_to_serializable(config=self.config, report=report)
        self.note(report.nodeid, "pytest_runtest_logreport", {"report": data})

    def pytest_warning_recorded(
        self,
        warning_message: warnings.WarningMessage,
        when: str,
        nodeid: str,
        location: tuple[str, int, str] | None,
    ) -> None:
        if when == "runtest":
            described = {"warning": describe_warning(warning_message), "location": location}
            self.note(nodeid, "pytest_warning_recorded", described)

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        self.stopped = excinfo.exconly()

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        ids = [item.nodeid for item in session.items]
        if self.config.option.collectonly:
            data = seal(COLLECTION, SCHEMA, ids)
        else:
            stopped = self.stopped or str(session.shouldstop or session.shouldfail or "")
            content = {"ids": ids, "reports": self.reports, "stopped": stopped}
            data = seal(SHARD, SCHEMA, content)
        replace_file(self.path, data)


def describe_warning(message: warnings.WarningMessage) -> list[Any]:
    kind = message.category
    return [
        *(kind.__module__, kind.__qualname__, str(message.message)),
        *(message.filename, message.lineno, message.line),
    ]


def warning_again(described: list[Any]) -> warnings.WarningMessage:
    """Of the class that it was if this process has it, else of one with its name."""
    module, name, text, filename, number, line = described
    kind = getattr(sys.modules.get(module), name, None)
    if not (isinstance(kind, type) and issubclass(kind, Warning)):
        kind = type(name, (Warning,), {"__module__": module})
    message: Any = text
    return warnings.WarningMessage(message, kind, filename, number, line=line)


class Merging:
    """The reports of runs, by test; a test that occurs twice has its reports in turn."""

    def __init__(self, session: pytest.Session, paths: list[str]) -> None:
        """Raises ``pytest.UsageError`` for files that are not of these tests."""
        self.session = session
        self.reported: dict[str, deque[list[Call]]] = {}
        self.stopped = ""
        known = {item.nodeid for item in session.items}
        for path in paths:
            content = read_run(path, SHARD)
            strange = [name for name in content["ids"] if name not in known]
            if strange:
                raise pytest.UsageError(f"'{strange[0]}' of '{path}' is not collected here")
            self.stopped = self.stopped or content["stopped"]
            self.read(content["reports"])

    def read(self, reports: list[list[Any]]) -> None:
        for node, hook, arguments in reports:
            of_node = self.reported.setdefault(node, deque())
            if hook == "pytest_runtest_logstart" or not of_node:
                of_node.append([])
            of_node[-1].append((hook, arguments))

    def run(self) -> None:
        replay = Replay(self.session, refuse)
        for index, item in enumerate(self.session.items):
            left = self.reported.get(item.nodeid)
            if not left:
                self.stop(item.nodeid)
            else:
                for hook, arguments in left.popleft():
                    replay.add((events.HOOK, index, hook, called(item.nodeid, hook, arguments)))
                replay.add((events.FINISH, index))

    def stop(self, missing: str) -> None:
        if self.stopped:
            raise self.session.Interrupted(self.stopped)
        raise pytest.UsageError(f"'{missing}' was run in none of the merged runs")


def called(node: str, hook: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments that the hook had."""
    if hook == "pytest_runtest_logreport":
        return arguments
    if hook == "pytest_warning_recorded":
        message = warning_again(arguments["warning"])
        kept = {"location": arguments["location"], "when": "runtest", "nodeid": node}
        return {"warning_message": message, **kept}
    return {"nodeid": node, **arguments}


def refuse(_index: int) -> None:
    raise AssertionError("nothing runs here that could ask for the terminal")


def read_run(path: str, kind: str) -> Any:  # noqa: ANN401
    try:
        with open(path, "rb") as file:
            return unseal(file.read(), kind, SCHEMA)
    except (OSError, ValueError, struct.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise pytest.UsageError(f"cannot read the run '{path}': {reason}") from None
