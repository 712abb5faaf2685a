"""Ways to start a worker: a fork of the controller, or a process that collects by itself."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from typing import Any

import pytest

from .channel import Channel
from .coverage_data import is_measured
from .isolation import Identity, become_worker
from .pool import Pool, Process
from .worker import run_forked

BOOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "boot.py")
VARIABLE = "DX_TEST_WORKER"


class Forking:
    """Copies of the controller as it is after collection: one collection serves all."""

    def __init__(self, session: pytest.Session, count: int, run_id: str) -> None:
        self.session = session
        self.count = count
        self.run_id = run_id
        self.pool: Pool | None = None

    def __call__(self, process: Process, channel: Channel) -> int:
        flush_output(self.session.config)
        if not is_measured(self.session.config):
            # Objects made so far are never collected in a worker: their pages stay shared. It
            # makes full collections more frequent, and coverage sees what those end.
            gc.freeze()
        pid = os.fork()
        if pid == 0:
            assert self.pool is not None
            self.pool.forget()
            identity = Identity(process.name, self.count, self.run_id)
            become_worker(self.session.config, identity, process.dump.fileno())
            run_forked(self.session, channel, [file.fileno() for file in process.output])
        return pid


def flush_output(config: pytest.Config) -> None:
    """What a fork finds in buffers it would write again."""
    terminal: Any = config.pluginmanager.getplugin("terminalreporter")
    files = [sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__]
    if terminal is not None:
        files.append(terminal._tw._file)
    for file in files:
        if file is not None and not file.closed:
            file.flush()


def temporary_folder(config: pytest.Config) -> str:
    factory: Any = getattr(config, "_tmp_path_factory", None)
    return "" if factory is None else str(factory.getbasetemp())


class Spawning:
    """New interpreters with the same command line, for where a fork would not be safe."""

    def __init__(self, session: pytest.Session, count: int, run_id: str) -> None:
        self.config = session.config
        self.count = count
        self.run_id = run_id
        self.folder = temporary_folder(session.config)

    def __call__(self, process: Process, channel: Channel) -> int:
        descriptors = (channel.read_fd, channel.write_fd, process.dump.fileno())
        for descriptor in descriptors:
            os.set_inheritable(descriptor, True)
        try:
            return self.spawn(
                [*descriptors, process.name, self.count, self.run_id, self.folder]
            )
        finally:
            for descriptor in descriptors:
                os.set_inheritable(descriptor, False)

    def spawn(self, settings: list[Any]) -> int:
        parameters = self.config.invocation_params
        # Flags such as -X and -W reach the worker as they reached us.
        flags: list[str] = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]
        arguments = [sys.executable, *flags, BOOT, "-m", *map(str, parameters.args)]
        environment = {**os.environ, VARIABLE: ",".join(map(str, settings))}
        silence = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
        return os.posix_spawn(
            sys.executable, arguments, environment, file_actions=silence, setpgroup=0
        )
