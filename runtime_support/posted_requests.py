"""Requests to a worker that nobody waits for: answers are handed out when they are there.

Before: ``answer = worker.ask("plan", code)``, and the program stands still meanwhile
After:  ``requests.post(("plan", code), then)``; a later ``poll`` calls ``then(answer)``

Like ``worker_client``, nothing is imported that a plain interpreter has not imported.
"""

from __future__ import annotations

import marshal
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from dx_py.runtime_support.worker_client import Pipe

    Answer = tuple[Any, ...] | None
    #: What wants an answer: None where the worker has failed.
    Then = Callable[[Answer], None]

_PIECE = 1 << 16


class PostedRequests:
    """A conversation with a worker that ``start`` starts, at the first request."""

    def __init__(self, start: Callable[[], tuple[Pipe, Pipe]]) -> None:
        self._start = start
        self._pipes: tuple[Pipe, Pipe] | None = None
        self._process = os.getpid()
        self._lock: Any = sys.modules["_thread"].allocate_lock()
        #: Messages that no poll has seen yet, each with what wants its answer.
        self._posted: list[tuple[bytes, Then]] = []
        #: Those whose answers are to come, in order; what was not written, and read so far.
        self._waiting: list[Then] = []
        self._unwritten: list[memoryview] = []
        self._unread = b""

    def post(self, message: tuple[Any, ...], then: Then) -> None:
        """Send a message; ``then`` gets the answer, or None if the worker fails."""
        data = marshal.dumps(message)
        self._posted.append((len(data).to_bytes(4, "little") + data, then))
        self.poll()

    def poll(self) -> None:
        """Write and read what is possible at once, and hand out the answers.

        Does nothing in a forked child, which has its parent's pipes and lives on what is
        stored, and where another thread is at it already.
        """
        if self._process != os.getpid() or not self._lock.acquire(False):
            return
        answered: list[tuple[Then, Answer]] = []
        try:
            self._exchange(answered)
        except (OSError, EOFError, ValueError, TypeError):
            self._end(answered)
        finally:
            self._lock.release()
        for then, answer in answered:
            then(answer)

    def _end(self, answered: list[tuple[Then, Answer]]) -> None:
        """The next request starts another worker; those under way have no answer."""
        for pipe in self._pipes or ():
            pipe.close()
        self._pipes = None
        self._unwritten.clear()
        self._unread = b""
        answered += [(then, None) for then in self._waiting]
        self._waiting.clear()

    def _exchange(self, answered: list[tuple[Then, Answer]]) -> None:
        while self._posted:
            message, then = self._posted.pop(0)
            self._unwritten.append(memoryview(message))
            self._waiting.append(then)
        if not self._waiting:
            return
        if self._pipes is None:
            self._pipes = self._start()
            for pipe in self._pipes:
                pipe.never_wait()
        output, source = self._pipes
        if not (output.is_ours() and source.is_ours()):
            raise EOFError("the program has closed its pipes")
        while self._unwritten and (size := _written(output, self._unwritten[0])):
            self._unwritten[0] = self._unwritten[0][size:]
            if not self._unwritten[0]:
                self._unwritten.pop(0)
        while piece := _available(source):
            self._unread += piece
        while (length := _message_size(self._unread)) is not None:
            answer = marshal.loads(self._unread[4 : 4 + length])
            self._unread = self._unread[4 + length :]
            answered.append((self._waiting.pop(0), answer))


def _message_size(data: bytes) -> int | None:
    """Of the first message, if all of it is there."""
    size = int.from_bytes(data[:4], "little")
    return size if len(data) >= 4 and len(data) - 4 >= size else None


def _written(pipe: Pipe, data: memoryview) -> int:
    try:
        return pipe.write_some(data)
    except BlockingIOError:
        return 0


def _available(pipe: Pipe) -> bytes:
    try:
        return pipe.read_some(_PIECE)
    except BlockingIOError:
        return b""
