"""Whether a run can be split over workers; if not, why."""

from __future__ import annotations

import os
import threading

import pytest

from .coverage_data import is_measured
from .terminal import is_uncaptured

NATIVE_THREAD_FOLDER = "/proc/self/task"


def reason_for_one_process(session: pytest.Session) -> str | None:
    """Why pytest's own loop is to run this session, in a few words; None to use workers."""
    config = session.config
    if config.option.dx_workers == 0 or config.option.dx_dist == "no":
        return "-n 0 asks for it" if config.option.dx_workers == 0 else "--dist no asks for it"
    return (
        interactive_reason(config)
        or plugin_reason(session)
        or fixture_reason(session)
        or spawn_reason(config)
    )


def interactive_reason(config: pytest.Config) -> str | None:
    if config.getoption("setupshow", False) or config.getoption("setuponly", False):
        return "fixtures are shown as they run"
    if config.getoption("stepwise", False):
        return "--stepwise stops at a test and goes on from it"
    return None


def plugin_reason(session: pytest.Session) -> str | None:
    """A plug-in that brings its own loop over the items knows more than we do."""
    for implementation in session.config.hook.pytest_runtestloop.get_hookimpls():
        wraps = implementation.hookwrapper or getattr(implementation, "wrapper", False)
        module = implementation.function.__module__
        if not wraps and module != "_pytest.main" and not module.startswith("_dx_testrun"):
            return f"plug-in {implementation.plugin_name!r} runs the tests itself"
    return None


# Fixture, start of its plug-in's module name, reason.
SINGLE_FIXTURES = (
    ("benchmark", "pytest_benchmark", "benchmarks disturb each other"),
    ("snapshot", "syrupy", "syrupy reports on the snapshots of one process"),
)
# Options that name a report which is made from objects of the test's own process.
SINGLE_OPTIONS = ("cucumber_json_path", "gherkin_terminal_reporter")


def fixture_reason(session: pytest.Session) -> str | None:
    for fixture, module, reason in SINGLE_FIXTURES:
        if has_module(session.config, module) and any(
            fixture in getattr(item, "fixturenames", ()) for item in session.items
        ):
            return reason
    for option in SINGLE_OPTIONS:
        if session.config.getoption(option, None):
            return f"the report '{option}' is made where the tests run"
    return None


def has_module(config: pytest.Config, beginning: str) -> bool:
    return any(
        getattr(plugin, "__name__", "").startswith(beginning)
        for plugin in config.pluginmanager.get_plugins()
    )


def spawn_reason(config: pytest.Config) -> str | None:
    """What keeps workers from being processes of their own where they cannot be forks."""
    if fork_reason() is None:
        return None
    if not hasattr(os, "posix_spawn"):
        return "this platform starts no worker with open pipes"
    if config.option.usepdb or config.getoption("trace", False):
        return f"a debugger needs the terminal, and {fork_reason()}"
    if is_uncaptured(config):
        return f"output is not captured (-s), and {fork_reason()}"
    if is_measured(config):
        return f"coverage needs forked workers, and {fork_reason()}"
    return None


def fork_reason() -> str | None:
    """Why a worker cannot be a fork of this process."""
    if not hasattr(os, "fork") or os.environ.get("DX_PORTABLE") == "1":
        return "this platform does not fork"
    others = [thread.name for thread in threading.enumerate()[1:]]
    if others:
        return f"threads are running after collection ({', '.join(others)})"
    return None
