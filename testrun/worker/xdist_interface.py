"""What projects see of pytest-xdist when the workers are ours: options, hooks, marks.

Values are kept under names of our own in ``config.option``: plug-ins that ask whether
pytest-xdist is distributing must hear no, for here they live in one session.
"""

from __future__ import annotations

import argparse
from importlib import metadata
from typing import Any

import pytest

from . import result_files, run_file
from .sharding import shard

SERVER_HELP = {
    "--server": "leave a server that makes the next runs in this folder start at once",
    "--no-server": "do not use one",
    "--watch": "run, and run again whenever something that the tests depend on changes",
}
DIST_MODES = ("no", "load", "loadfile", "loadscope", "loadgroup", "worksteal", "each")


def replace_xdist(manager: pytest.PytestPluginManager) -> None:
    """Keep the real plug-in out, and count it as present for ``required_plugins``."""
    manager.set_blocked("xdist")
    manager.set_blocked("xdist.looponfail")
    try:
        distribution = metadata.distribution("pytest-xdist")
    except metadata.PackageNotFoundError:
        return
    internal: Any = manager
    internal._plugin_distinfo.append((replace_xdist, internal_distribution(distribution)))


def internal_distribution(distribution: metadata.Distribution) -> Any:  # noqa: ANN401
    """pluggy keeps distributions behind a small class of its own."""
    try:
        from pluggy._manager import DistFacade  # type: ignore[attr-defined]
    except ImportError:
        return distribution
    return DistFacade(distribution)


def worker_number(text: str) -> int | str:
    if text in ("auto", "logical"):
        return text
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"'{text}' is no number of workers (a number, 'auto' or 'logical')"
        ) from None


def add_options(parser: pytest.Parser) -> None:
    group: Any = parser.getgroup("dx-py", "workers (dx-py)")
    # Lower-case short options are reserved to pytest in its public method.
    add = getattr(group, "_addoption", group.addoption)
    add(
        "-n",
        "--numprocesses",
        dest="dx_workers",
        metavar="N",
        type=worker_number,
        default="auto",
        help="workers: a number, 'auto' (default); 0 for one process of plain pytest",
    )
    add(
        "--dist",
        dest="dx_dist",
        choices=DIST_MODES,
        default="auto",
        help="what stays together: each test alone (load), its file (loadfile), class or "
        "module (loadscope), xdist_group (loadgroup); default: files, large ones cut",
    )
    add("--testrunuid", dest="dx_run_id", help=argparse.SUPPRESS)
    for name in ("--maxprocesses", "--max-worker-restart", "--maxschedchunk"):
        add(name, dest="dx_" + name[2:].replace("-", "_"), help=argparse.SUPPRESS)
    add("--tx", dest="dx_tx", action="append", default=[], help=argparse.SUPPRESS)
    add(
        "--no-loadscope-reorder",
        dest="dx_reorder",
        action="store_false",
        help=argparse.SUPPRESS,
    )
    add("--loadscope-reorder", dest="dx_reorder", action="store_true", help=argparse.SUPPRESS)
    add_timeout(parser)
    add(
        "--shard",
        dest="dx_shard",
        metavar="I/N",
        type=shard,
        help="run the I-th of N parts, the same on every machine",
    )
    add("--shard-plan", dest="dx_shard_plan", default="", help=argparse.SUPPRESS)
    add(
        "--deterministic",
        dest="dx_deterministic",
        action="store_true",
        help="give each worker the same tests in every run, whatever they take",
    )
    add(
        "--changed",
        dest="dx_changed",
        action="store_true",
        help="run the files that have not passed as they, and what they import, are now",
    )
    add(
        "--changed-first",
        dest="dx_changed_first",
        action="store_true",
        help="run everything, beginning with those files",
    )
    for name in SERVER_HELP:
        # Obeyed before pytest reads its command line.
        add(name, dest="dx_server", action="store_true", help=SERVER_HELP[name])
    result_files.add_options(parser)
    run_file.add_options(parser)


def add_timeout(parser: pytest.Parser) -> None:
    """``--timeout`` where pytest-timeout, which defines the same, is not installed."""
    try:
        metadata.distribution("pytest-timeout")
    except metadata.PackageNotFoundError:
        parser.getgroup("dx-py").addoption(
            "--timeout",
            type=float,
            metavar="SECONDS",
            help="kill and report a test that takes longer (mark: timeout)",
        )
        parser.addini("timeout", "seconds a test may take", default="")


def add_markers(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "xdist_group(name): tests of one group run in one worker, in order"
    )
    config.addinivalue_line("markers", "timeout(seconds): kill and report after that time")


class HookSpecifications:
    """pytest-xdist's hooks: conftests that implement them must load."""

    @pytest.hookspec()
    def pytest_xdist_setupnodes(self, config: object, specs: object) -> None: ...

    @pytest.hookspec()
    def pytest_xdist_newgateway(self, gateway: object) -> None: ...

    @pytest.hookspec()
    def pytest_xdist_rsyncstart(self, source: object, gateways: object) -> None: ...

    @pytest.hookspec()
    def pytest_xdist_rsyncfinish(self, source: object, gateways: object) -> None: ...

    @pytest.hookspec(firstresult=True)
    def pytest_xdist_getremotemodule(self) -> object: ...

    @pytest.hookspec()
    def pytest_configure_node(self, node: object) -> None: ...

    @pytest.hookspec()
    def pytest_testnodeready(self, node: object) -> None: ...

    @pytest.hookspec()
    def pytest_testnodedown(self, node: object, error: object) -> None: ...

    @pytest.hookspec()
    def pytest_xdist_node_collection_finished(self, node: object, ids: object) -> None: ...

    @pytest.hookspec(firstresult=True)
    def pytest_xdist_make_scheduler(self, config: object, log: object) -> object: ...

    @pytest.hookspec(firstresult=True)
    def pytest_xdist_auto_num_workers(self, config: object) -> int | None: ...

    @pytest.hookspec(firstresult=True)
    def pytest_handlecrashitem(
        self, crashitem: object, report: object, sched: object
    ) -> object: ...
