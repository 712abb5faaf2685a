"""Source to code in DX-Py's own worker process, for the user's process.

The code generator is some ninety modules, and its work would show here: in profiles and
traces, in recursion limits, to other threads. So it runs in a process of its own, started with
the first source that has no artifact (docs/adr/0702).
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from dx_py.runtime_support.startup import Parts
    from dx_py.runtime_support.worker_client import Worker

    #: What ``dx_py.driver.code_worker`` answers.
    type Answer = tuple[Any, ...]


def open_generator(settings: dict[str, str], parts: Parts) -> CodeGenerator:
    """Starts nothing yet."""
    home = settings["DX_PY_HOME"]
    python = settings.get("DX_WORKER_PYTHON", "")
    return CodeGenerator(home, python, parts.load("runtime_support.worker_client"))


#: So many failures in a row, and no worker is started any more.
_MAX_FAILURES = 3


class CodeGenerator:
    """Asks a worker; a new one in a forked child, and after one that failed."""

    def __init__(self, home: str, python: str, client: ModuleType) -> None:
        self._home = home
        self._python = python
        self._client = client
        self._worker: Worker | None = None
        self._process = 0
        self._failures = 0

    def ask(self, source: bytes | str, mode: str, flags: int, optimize: int) -> Answer:
        """The worker's answer, or ("gone", why) where there is none."""
        level = sys.flags.optimize if optimize < 0 else optimize
        if self._failures == _MAX_FAILURES:
            return "gone", "the worker failed before"
        try:
            if self._worker is None or self._process != os.getpid():
                self._worker = self._new_worker()
                self._process = os.getpid()
            answer: Answer = self._worker.ask(
                source, mode, flags, level, sys.get_int_max_str_digits()
            )
        except (OSError, self._client.WorkerError) as error:
            self._failures += 1
            return "gone", str(error)
        self._failures = 0
        return answer

    def _new_worker(self) -> Worker:
        client = self._client
        python = self._python or client.own_python(self._home) or sys.executable
        worker: Worker = client.Worker(
            python, ("-I", "-S", "-c", client.START_CODEGEN, self._home)
        )
        return worker
