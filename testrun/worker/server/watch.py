"""``--watch``: run the tests, wait until something they were made from changes, run them again.

Each run is a fork of this process, which has imported pytest and nothing of the project.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import tempfile
import time
from typing import IO

import pytest

from ..index import cache_root, is_installed
from ..progress import Progress
from ..supervisor import HANDLED, repeat_until_done, run_controller, watch
from .inputs import Inputs, module_files, stamp_now
from .resident import leave_after
from .template import plugin_of

POLL_SECONDS = 0.3
OPTION = "--watch"


class WatchNotes:
    """Plug-in of a run: notes, at its end, which files and folders it depended on."""

    def __init__(self, file: IO[str]) -> None:
        self.file = file

    def pytest_configure(self, config: pytest.Config) -> None:
        plugin_of(config).learner.is_watched = True

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self, config: pytest.Config) -> None:
        recorder = plugin_of(config).learner.recorder
        files = {*recorder.files, *recorder.absent, *module_files()}
        json.dump([sorted(filter(is_of_project, files)), sorted(recorder.folders)], self.file)
        self.file.flush()


def is_of_project(path: str) -> bool:
    return not is_installed(path) and not path.startswith((cache_root(), sys.base_prefix))


def watch_tests(arguments: list[str]) -> int:
    """Run until interrupted; the last run's exit status."""
    while True:
        started_ns = time.time_ns()
        status, inputs = run_once([word for word in arguments if word != OPTION])
        try:
            say("waiting for a change (Enter runs again, Ctrl-C ends)")
            say(wait_for_change(inputs, started_ns) + "\n")
        except KeyboardInterrupt:
            return status


def say(text: str) -> None:
    sys.stderr.write(f"dx-py: {text}\n")
    sys.stderr.flush()


def run_once(arguments: list[str]) -> tuple[int, Inputs]:
    progress, broken = Progress(), dict[str, str]()
    handlers = {number: signal.getsignal(number) for number in HANDLED}
    with tempfile.TemporaryFile("w+", encoding="utf-8") as notes:
        status = repeat_until_done(progress, broken, watch)
        if status is None:
            leave_after(run_controller(arguments, progress, broken, [WatchNotes(notes)]))
        for number, handler in handlers.items():
            signal.signal(number, handler)
        assert status is not None
        return status, read_inputs(notes)


def read_inputs(notes: IO[str]) -> Inputs:
    notes.seek(0)
    try:
        files, folders = json.load(notes)
    except ValueError:
        # The run ended before it could say: what is in the folder is the best guess.
        files, folders = [], [os.getcwd()]
    return Inputs(files, folders, None)


def wait_for_change(inputs: Inputs, started_ns: int) -> str:
    """What ended the waiting, in words; edits made during the run count."""
    edited = [path for path in inputs.files if path.endswith(".py")]
    for path in edited:
        stamp = stamp_now(path)
        if stamp is not None and max(stamp[3:], default=0) > started_ns:
            return f"{path} changed during the run"
    while True:
        if asked_for_run():
            return "asked to run again"
        changed = inputs.changed()
        if changed is not None:
            return f"{changed} changed"


def asked_for_run() -> bool:
    """Wait a moment; whether Enter was pressed in it."""
    if not sys.stdin or not os.isatty(sys.stdin.fileno()):
        time.sleep(POLL_SECONDS)
        return False
    if not select.select([sys.stdin], [], [], POLL_SECONDS)[0]:
        return False
    sys.stdin.readline()
    return True
