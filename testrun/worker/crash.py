"""The death of a worker -> the reports that its running test gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from . import events
from .signals import cause_of

PHASES = ("setup", "call", "teardown")


@dataclass(frozen=True)
class Death:
    """How a worker ended: ``status`` is minus a signal's number, ``limit`` in seconds."""

    worker: str
    status: int
    limit: float | None
    traceback: str

    def cause(self) -> str:
        if self.limit is not None:
            return f"timeout: the test took more than {self.limit:g} s; its worker was killed"
        return cause_of(f"worker {self.worker!r}", self.status)


def crash_events(
    session: pytest.Session, index: int, death: Death, *, reported: set[str], recent: list[str]
) -> list[tuple[Any, ...]]:
    """A failed report for the phase that was under way, and the end of the item."""
    phase = next((name for name in PHASES if name not in reported), "teardown")
    text = describe(session.items[index].nodeid, phase, death, recent)
    return failure_events(session, index, phase=phase, text=text)


def failure_events(
    session: pytest.Session, index: int, *, phase: str, text: str
) -> list[tuple[Any, ...]]:
    item = session.items[index]
    report = pytest.TestReport(
        nodeid=item.nodeid,
        location=item.location,
        keywords=dict.fromkeys(item.keywords, 1),
        outcome="failed",
        longrepr=text,
        when=phase,  # type: ignore[arg-type]
    )
    data = session.config.hook.pytest_report_to_serializable(
        config=session.config, report=report
    )
    return [
        (events.HOOK, index, "pytest_runtest_logreport", {"report": data}),
        (events.HOOK, index, "pytest_runtest_logfinish", location_of(item)),
        (events.FINISH, index),
    ]


def location_of(item: pytest.Item) -> dict[str, Any]:
    return {"nodeid": item.nodeid, "location": item.location}


def describe(nodeid: str, phase: str, death: Death, recent: list[str]) -> str:
    lines = [f"{death.cause()}, during {phase} of {nodeid}"]
    if recent:
        lines += ["", "run before it by the same worker:", *(f"    {name}" for name in recent)]
    if death.traceback:
        lines += ["", death.traceback]
    return "\n".join(lines)


def describe_stuck(worker: str, stacks: str) -> str:
    """A worker whose threads or exit handlers went on after its last test."""
    text = f"dx-py: worker {worker!r} did not end in time after its last test, and was killed"
    return f"{text}\n{stacks}" if stacks else text
