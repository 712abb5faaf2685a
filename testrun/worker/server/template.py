"""A session that pytest has configured and not started: what a run of its kind is forked from.

It is a plug-in's ``pytest_sessionstart`` that does not return in the template, and returns in
each of its forks, which then go on as any session does. Nothing of pytest is imitated.
"""

from __future__ import annotations

import gc
import hashlib
import os
import socket
import sys
import threading
import time
from typing import Any

import _pytest.fixtures
import pytest

from ..coverage_data import is_measured
from ..index import UNSTABLE_PLUGINS, cache_root
from ..isolation import restart_capture
from ..plugin import DxPlugin
from ..progress import Progress
from ..supervisor import adopt_orphans, repeat_until_done
from . import streams
from .client_link import ClientLink
from .inputs import ChangedMeanwhileError, Inputs, Stamp
from .named_only import named_only
from .notes import Import, import_again
from .protocol import STREAMS, ProtocolError, Request, close_all, receive

# From template to server: it can serve; it gives up, after so many imports; it took a request;
# it cannot, because an input changed; it cannot, because the request is of another kind.
READY, UNFIT, TAKEN, STALE, OTHER = b"R", b"U", b"T", b"S", b"O"
# Options by which plug-ins of pytest read, when they are made, what other runs wrote.
HISTORY_OPTIONS = ("lf", "failedfirst", "newfirst", "stepwise", "stepwise_skip")


def template_key(request: Request, kinds: tuple[bool, ...]) -> str:
    """Runs with equal keys differ in the tests they name within the same files."""
    parts = [request.folder, str(kinds), *map(without_id, request.arguments)]
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


def without_id(argument: str) -> str:
    return argument if argument.startswith("-") else argument.split("::", 1)[0]


class Station:
    """Plug-in of the template: waits where the session would start."""

    def __init__(
        self,
        link: socket.socket,
        imports: list[Import],
        silent: dict[str, Stamp],
        progress: Progress,
        broken: dict[str, str],
    ) -> None:
        self.link = link
        self.imports = imports
        self.silent = silent
        self.progress = progress
        self.broken = broken
        self.started_ns = time.time_ns()

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        config = session.config
        if not self.is_fit(config):
            self.leave(UNFIT + b"0")
        failed = import_again(self.imports)
        if failed is not None:
            self.leave(UNFIT + str(failed).encode("ascii"))
        if threading.active_count() > 1:
            self.leave(UNFIT + b"0")
        config.pluginmanager.register(FixturesFound(session))
        self.inputs = self.read_inputs(config)
        self.held = streams.copies()
        gc.collect()
        gc.freeze()
        self.link.sendall(READY)
        self.serve(config)

    def leave(self, word: bytes) -> None:
        self.link.sendall(word)
        os._exit(0)

    def is_fit(self, config: pytest.Config) -> bool:
        """Whether nothing that was set up so far belongs to one run only."""
        return not (
            is_measured(config)
            or any(config.getoption(name, None) for name in HISTORY_OPTIONS)
            or any(map(config.pluginmanager.hasplugin, UNSTABLE_PLUGINS))
        )

    def read_inputs(self, config: pytest.Config) -> Inputs:
        recorder = plugin_of(config).learner.recorder
        ours = cache_root()
        files = [
            path for path in (*recorder.files, *recorder.absent) if not path.startswith(ours)
        ]
        try:
            return Inputs(files, recorder.folders, self.started_ns)
        except ChangedMeanwhileError:
            self.leave(STALE)
            raise

    def serve(self, config: pytest.Config) -> None:
        """Return in the fork that is to run a request; end with the server."""
        while True:
            try:
                request, descriptors = receive(self.link, STREAMS + 1)
            except (ProtocolError, OSError):
                os._exit(0)
            if self.inputs.changed() is not None:
                self.leave(STALE)
            if not names_files(config, request.arguments):
                self.link.sendall(OTHER)
            elif os.fork() == 0:
                self.link.close()
                supervise_request(descriptors, self.progress, self.broken, self.held)
                self.resume(config, request)
                return
            else:
                self.link.sendall(TAKEN)
            close_all(descriptors)
            reap_ended()

    def resume(self, config: pytest.Config, request: Request) -> None:
        """Take over what this run has for itself: its command line, its time, its terminal."""
        os.environ.update(request.environment)
        restart_capture(config)
        capture: Any = config.pluginmanager.getplugin("capturemanager")
        if capture is not None:
            capture.suspend_global_capture()
        set_arguments(config, request.arguments)
        read_caches(config)
        plugin = plugin_of(config)
        plugin.learner.started_ns = time.time_ns()
        plugin.learner.leave_out_ids(config)
        selection = named_only(config, self.silent)
        if selection is not None:
            config.pluginmanager.register(selection)


class FixturesFound:
    """The fixtures of plug-ins and conftest files, found before the session starts: looking for
    them takes a third of the time between its start and its first test."""

    def __init__(self, session: pytest.Session) -> None:
        self.kind: Any = _pytest.fixtures.FixtureManager
        self.manager = self.kind(session)
        # pytest's own `pytest_sessionstart` is yet to make one.
        self.put(lambda _session: self.manager)

    def pytest_collection(self) -> None:
        self.put(self.kind)

    def put(self, maker: object) -> None:
        vars(_pytest.fixtures)["FixtureManager"] = maker


def plugin_of(config: pytest.Config) -> DxPlugin:
    return next(p for p in config.pluginmanager.get_plugins() if isinstance(p, DxPlugin))


def with_ids(arguments: list[str]) -> list[str]:
    """What looks like the id of a test."""
    return [word for word in arguments if without_id(word) != word]


def names_files(config: pytest.Config, arguments: list[str]) -> bool:
    """Whether what looks like an id is one to pytest, and no option's value."""
    files = list(config.option.file_or_dir)
    return all(files.count(without_id(word)) for word in with_ids(arguments))


def set_arguments(config: pytest.Config, arguments: list[str]) -> None:
    """Name the tests of this run, where the template was made with their files."""
    sys.argv[1:] = arguments
    parameters = config.invocation_params
    config.invocation_params = type(parameters)(
        args=tuple(arguments), plugins=parameters.plugins, dir=parameters.dir
    )
    for names in (config.option.file_or_dir, config.args):
        put_ids(names, with_ids(arguments))


def put_ids(names: list[str], wanted: list[str]) -> None:
    left = list(wanted)
    for number, name in enumerate(names):
        for full in left:
            if without_id(full) == name:
                names[number] = full
                left.remove(full)
                break


def read_caches(config: pytest.Config) -> None:
    """What pytest's own plug-ins read when they were made may have been written since."""
    cache: Any = getattr(config, "cache", None)
    last_failed: Any = config.pluginmanager.getplugin("lfplugin")
    new_first: Any = config.pluginmanager.getplugin("nfplugin")
    if cache is not None and last_failed is not None:
        last_failed.lastfailed = cache.get("cache/lastfailed", {})
    if cache is not None and new_first is not None:
        new_first.cached_nodeids = set(cache.get("cache/nodeids", []))


def supervise_request(
    descriptors: list[int], progress: Progress, broken: dict[str, str], held: dict[int, int]
) -> None:
    """Between client and run; returns only in the run's own process, a fork."""
    *standard, connection = descriptors
    os.setsid()
    streams.replace(standard, held)
    adopt_orphans()
    link = ClientLink(socket.socket(fileno=connection))
    status = repeat_until_done(progress, broken, link.wait)
    if status is not None:
        link.finish(status)
        os._exit(0)
    link.forget()


def reap_ended() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            continue
    except ChildProcessError:
        return
