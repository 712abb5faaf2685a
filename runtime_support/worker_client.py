"""The compile worker, as a program's process sees it: two pipes to a process of DX-Py's own.

A message is its length (four bytes, little endian) and a tuple in the marshal format. Nothing
is imported that a plain interpreter has not imported.
"""

from __future__ import annotations

import marshal
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: The worker is a grandchild: a program that waits for any child must not meet it.
START = """import os
if os.fork():
    os._exit(0)
from dx_py.driver.compile_worker import main
raise SystemExit(main())
"""


class WorkerError(Exception):
    """The worker could not be started, or is gone."""


class Worker:
    """One worker process, started at the first request and ended by the end of its input."""

    def __init__(self, python: str) -> None:
        self._python = python
        self._pipes: tuple[int, int] | None = None
        self._process = os.getpid()
        self._lock: Any = sys.modules["_thread"].allocate_lock()
        self._thread = 0

    def ask(self, *message: Any) -> tuple[Any, ...]:  # noqa: ANN401
        """Send a message and wait for the answer; raises WorkerError.

        Threads take turns. A signal handler that interrupts the conversation gets nothing,
        nor does a forked child, which has its parent's pipes: it lives on what is stored.
        """
        thread = sys.modules["_thread"].get_ident()
        if self._process != os.getpid() or self._thread == thread:
            raise WorkerError("compile worker is busy")
        with self._lock:
            self._thread = thread
            try:
                return self._converse(message)
            finally:
                self._thread = 0

    def _converse(self, message: tuple[Any, ...]) -> tuple[Any, ...]:
        try:
            if self._pipes is None:
                self._pipes = self._start()
            _write(self._pipes[0], marshal.dumps(message))
            answer: tuple[Any, ...] = marshal.loads(_read(self._pipes[1]))
        except (OSError, EOFError, ValueError, TypeError) as error:
            self._pipes = None
            raise WorkerError(f"compile worker failed: {error}") from None
        return answer

    def _start(self) -> tuple[int, int]:
        their_input, our_output = os.pipe()
        our_input, their_output = os.pipe()
        actions: list[tuple[Any, ...]] = [
            (os.POSIX_SPAWN_DUP2, their_input, 0),
            (os.POSIX_SPAWN_DUP2, their_output, 1),
        ]
        # What the worker has to say of itself is not for the program's terminal.
        if "DX_STRICT" not in os.environ:
            actions.append((os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0))
        environment = {key: os.environ[key] for key in os.environ if key.startswith("DX_")}
        for key in ("HOME", "PATH", "XDG_CACHE_HOME", "LANG"):
            if key in os.environ:
                environment[key] = os.environ[key]
        try:
            child = os.posix_spawn(
                self._python,
                [self._python, "-I", "-c", START],
                environment,
                file_actions=actions,
                # The terminal's interrupt is for the program, which may go on asking.
                setpgroup=0,
            )
        finally:
            os.close(their_input)
            os.close(their_output)
        os.waitpid(child, 0)
        return our_output, our_input


def own_python(home: str) -> str | None:
    """The interpreter DX-Py was installed with, from the folder of its package."""
    prefix = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(home))))
    for candidate in (prefix + "/bin/python", home + "/.venv/bin/python"):
        if os.access(candidate, os.X_OK):
            return candidate
    return None


def _write(descriptor: int, data: bytes) -> None:
    data = len(data).to_bytes(4, "little") + data
    while data:
        data = data[os.write(descriptor, data) :]


def _read(descriptor: int) -> bytes:
    return _exactly(descriptor, int.from_bytes(_exactly(descriptor, 4), "little"))


def _exactly(descriptor: int, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = os.read(descriptor, size - len(data))
        if not piece:
            raise EOFError("it ended")
        data += piece
    return data
