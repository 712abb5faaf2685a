"""Turn a copy of the controller, just forked, into a worker.

The copy holds the collected session. What it must not share is re-made (capture files, base
temporary folder, process group), what belongs to the controller is taken away (reporting hooks,
exit handlers), and what pytest-xdist's interface promises to a worker is set.
"""

from __future__ import annotations

import atexit
import faulthandler
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from .terminal import STDIN, asking_stdin

REPORTING_HOOKS = (
    "pytest_runtest_logstart",
    "pytest_runtest_logreport",
    "pytest_runtest_logfinish",
    "pytest_warning_recorded",
)
# Those that count failures and place live log lines do so where the test runs, too.
STATEFUL_MODULES = frozenset({"_pytest.main", "_pytest.logging"})
# Plug-ins of pytest whose end-of-session work a worker needs (tearing down, unlocking).
FINISHING_MODULES = frozenset({"_pytest.runner", "_pytest.logging", "_pytest.faulthandler"})
XDIST_MARKERS = (b"workerinput", b"workeroutput", b"xdist")


@dataclass(frozen=True)
class Identity:
    """Who a worker is: ``gw0`` of 2, in the run ``testrun_uid``."""

    name: str
    count: int
    testrun_uid: str


def become_worker(config: pytest.Config, identity: Identity, dump_fd: int) -> None:
    if hasattr(os, "setpgid"):
        os.setpgid(0, 0)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    atexit._clear()
    announce(config, identity)
    restart_capture(config)
    narrow_hooks(config)
    move_temporary_folder(config, identity)
    watch_faults(dump_fd)
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed()


def watch_faults(dump_fd: int) -> None:
    """Have crashes, and SIGUSR2, write the stacks where the controller reads them."""
    faulthandler.enable(file=dump_fd, all_threads=True)
    if hasattr(faulthandler, "register"):
        faulthandler.register(signal.SIGUSR2, file=dump_fd, all_threads=True)


def announce(config: pytest.Config, identity: Identity) -> None:
    """Set what pytest-xdist sets: environment, ``workerinput``, ``workeroutput``."""
    os.environ["PYTEST_XDIST_WORKER"] = identity.name
    os.environ["PYTEST_XDIST_WORKER_COUNT"] = str(identity.count)
    os.environ["PYTEST_XDIST_TESTRUNUID"] = identity.testrun_uid
    extended: Any = config
    extended.workerinput = {
        "workerid": identity.name,
        "workercount": identity.count,
        "testrunuid": identity.testrun_uid,
        "mainargv": sys.argv,
    }
    extended.workeroutput = {}


def restart_capture(config: pytest.Config) -> None:
    """Capture into files of our own: a fork shares the offset of the controller's."""
    manager: Any = config.pluginmanager.getplugin("capturemanager")
    if manager is None or manager._global_capturing is None:
        return
    manager.stop_global_capturing = manager._global_capturing.stop_capturing
    manager.stop_global_capturing()
    del manager.stop_global_capturing
    manager._global_capturing = None
    if not os.isatty(STDIN):
        # Reading ahead would take what another worker's debugger is to read.
        sys.stdin = asking_stdin(lambda: None)
    manager.start_global_capturing()


def narrow_hooks(config: pytest.Config) -> None:
    """Leave reporting to the controller, where the same hooks are called with what we send."""
    keep_only(config, REPORTING_HOOKS, STATEFUL_MODULES.__contains__)
    keep_only(config, ("pytest_sessionfinish",), finishes_in_worker)
    config.option.maxfail = 0


def keep_only(
    config: pytest.Config, hooks: tuple[str, ...], wanted: Callable[[str], bool]
) -> None:
    for name in hooks:
        caller: Any = getattr(config.hook, name)
        for implementation in caller.get_hookimpls():
            if not wanted(implementation.function.__module__):
                caller._remove_plugin(implementation.plugin)


def finishes_in_worker(module: str) -> bool:
    """Whether a ``pytest_sessionfinish`` is to run in each worker, as pytest-xdist does.

    A plug-in that never heard of workers expects to be called once, and the controller does
    that: called here too, it would clean up under the other workers' feet.
    """
    return module in FINISHING_MODULES or knows_workers(sys.modules.get(module))


def knows_workers(module: object) -> bool:
    path = getattr(module, "__file__", None)
    if path is None or getattr(module, "__name__", "").startswith("_pytest."):
        return False
    try:
        with open(path, "rb") as file:
            source = file.read()
    except OSError:
        return False
    return any(marker in source for marker in XDIST_MARKERS)


def chose_role_early(plugin: object) -> bool:
    """Whether a plug-in asks in ``pytest_configure`` if it is in a worker.

    Ours become workers later, so it has prepared nothing for its part of the controller.
    """
    code = getattr(getattr(plugin, "pytest_configure", None), "__code__", None)
    words = () if code is None else (*code.co_names, *code.co_consts)
    return "workerinput" in words or "workeroutput" in words


def prepare_temporary_folder(session: pytest.Session) -> None:
    """In the controller: make the folder that holds those of the workers, if tests ask."""
    factory: Any = getattr(session.config, "_tmp_path_factory", None)
    if factory is not None and any(uses_temporary_folder(item) for item in session.items):
        factory.getbasetemp()


def uses_temporary_folder(item: pytest.Item) -> bool:
    names = getattr(item, "fixturenames", ())
    return "tmp_path_factory" in names or "tmpdir_factory" in names


def move_temporary_folder(config: pytest.Config, identity: Identity) -> None:
    factory: Any = getattr(config, "_tmp_path_factory", None)
    if factory is None or factory._basetemp is None:
        return
    folder = factory._basetemp / f"popen-{identity.name}"
    folder.mkdir(mode=0o700, exist_ok=True)
    factory._basetemp = folder
