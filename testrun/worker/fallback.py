"""Whether a run can be split over workers; if not, why."""

from __future__ import annotations

import os
import threading

import pytest

NATIVE_THREAD_FOLDER = "/proc/self/task"


def reason_for_one_process(session: pytest.Session) -> str | None:
    """Why pytest's own loop is to run this session, in a few words; None to use workers."""
    config = session.config
    if config.option.dx_workers == 0 or config.option.dx_dist == "no":
        return "-n 0 asks for it" if config.option.dx_workers == 0 else "--dist no asks for it"
    return (
        interactive_reason(config)
        or plugin_reason(session)
        or benchmark_reason(session)
        or spawn_reason(config)
    )


def interactive_reason(config: pytest.Config) -> str | None:
    if config.option.usepdb or config.getoption("trace", False):
        return "a debugger needs the terminal"
    if config.option.capture == "no":
        return "output is not captured (-s)"
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


def benchmark_reason(session: pytest.Session) -> str | None:
    if session.config.pluginmanager.hasplugin("benchmark") and any(
        "benchmark" in getattr(item, "fixturenames", ()) for item in session.items
    ):
        return "benchmarks disturb each other"
    return None


def spawn_reason(config: pytest.Config) -> str | None:
    """What keeps workers from being processes of their own where they cannot be forks."""
    if fork_reason() is None:
        return None
    if not hasattr(os, "posix_spawn"):
        return "this platform starts no worker with open pipes"
    if config.pluginmanager.hasplugin("_cov"):
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
