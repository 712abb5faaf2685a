"""What a run leaves for ``dx-py inspect --tests``: artifacts in the store, named by a pointer.

    v1/runs/<2 hex>/<62 hex>   by folder: "role digest" lines of its last run
    test-collection            ids, in order
    test-schedule              {"dist", "workers", "batches"}: numbers of tests, from 0
    test-report                {"status", "tests": [[id, outcome]], "failures": {id: text}}

Only the last run of a folder is kept. Times are not in it (they are in ``v1/durations``), nor
are the environment and the command line; values of variables whose names speak of secrets are
taken out of what failed tests said.
"""

from __future__ import annotations

import hashlib
import os
import re
from typing import Any

import pytest

from .artifact_file import keep_in_cache, replace_file, seal
from .index import cache_root
from .result_files import outcome_of
from .schedule import Schedule

SCHEMA = 1
SECRET = re.compile(r"TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|AUTH|COOKIE|KEY", re.IGNORECASE)
# A shorter value may be any word of a message.
SHORTEST_SECRET = 6
# Of one test's failure: enough to see it, bounded whatever a test prints.
MOST_CHARACTERS = 20_000


class LastRun:
    """Plug-in of the controller."""

    def __init__(self) -> None:
        self.schedule: dict[str, Any] | None = None
        self.outcomes: dict[str, str] = {}
        self.failures: dict[str, str] = {}

    def scheduled(self, schedule: Schedule, workers: int, dist: str) -> None:
        batches = [*map(list, schedule.batches), *schedule.reserved.values()]
        self.schedule = {"dist": dist, "workers": workers, "batches": batches}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        outcome = outcome_of(report)
        if outcome != "passed" or report.when == "call":
            self.outcomes[report.nodeid] = outcome
        if report.failed:
            text = without_secrets(report.longreprtext[:MOST_CHARACTERS])
            self.failures[readable(report.nodeid)] = readable(text)

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if not self.outcomes:
            return
        found = {"collection": seal("test-collection", SCHEMA, names_of(session))}
        if self.schedule is not None:
            found["schedule"] = seal("test-schedule", SCHEMA, self.schedule)
        found["report"] = seal("test-report", SCHEMA, self.report(exitstatus))
        try:
            keep(found, os.fspath(session.config.invocation_params.dir))
        except OSError:
            # A cache that cannot be written keeps nothing; the run itself is complete.
            return

    def report(self, status: int) -> dict[str, Any]:
        tests = [[readable(name), outcome] for name, outcome in self.outcomes.items()]
        return {"status": int(status), "tests": tests, "failures": self.failures}


def names_of(session: pytest.Session) -> list[str]:
    return [readable(item.nodeid) for item in session.items]


def readable(text: str) -> str:
    """``text`` as Unicode can have it: bytes of a path that are no text become escapes."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def without_secrets(text: str) -> str:
    for name, value in os.environ.items():
        if len(value) >= SHORTEST_SECRET and SECRET.search(name):
            text = text.replace(value, f"<{name}>")
    return text


def pointer_path(folder: str) -> str:
    key = hashlib.sha256(b"dx-test-run\0" + os.fsencode(folder)).hexdigest()
    return os.path.join(cache_root(), "v1", "runs", key[:2], key[2:])


def keep(artifacts: dict[str, bytes], folder: str) -> None:
    """Store and name them in the place of those of the folder's run before."""
    digests = {role: hashlib.sha256(data).hexdigest() for role, data in artifacts.items()}
    pointer = pointer_path(folder)
    before = pointed(pointer)
    for role, data in artifacts.items():
        if digests[role] not in before:
            replace_file(object_path(digests[role]), data)
    lines = [f"{role} {name}\n" for role, name in sorted(digests.items())]
    keep_in_cache(pointer, "".join(lines).encode("ascii"))
    for name in before.difference(digests.values()):
        forget(name)


def forget(name: str) -> None:
    try:
        os.unlink(object_path(name))
    except OSError:
        # Collected, or another run's to remove.
        return


def pointed(path: str) -> set[str]:
    try:
        with open(path, encoding="ascii") as file:
            return {line.split()[1] for line in file if len(line.split()) == 2}
    except (OSError, ValueError):
        return set()


def object_path(name: str) -> str:
    return os.path.join(cache_root(), "v1", "objects", name[:2], name[2:])
