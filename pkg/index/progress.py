"""One line on a terminal about what is under way, from 200 ms on; gone when all is done."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Protocol, TextIO

_PATIENCE = 0.2
_INTERVAL = 0.1
_ERASE = "\r\x1b[2K"


class Watcher(Protocol):
    """Told by a fetcher of what it does."""

    def started(self, url: str, target: str) -> None:
        """``target`` is the file that the answer goes to; empty for pages and metadata."""
        ...

    def finished(self, url: str, target: str) -> None: ...

    def stepped(self) -> None:
        """Called several times a second while anything is waited for."""
        ...

    def close(self) -> None: ...


class TerminalProgress:
    """``clock`` gives seconds."""

    def __init__(self, stream: TextIO, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._due = clock() + _PATIENCE
        self._is_shown = False
        self._pages = 0
        self._files = 0
        self._received = 0
        self._open: dict[str, None] = {}

    def started(self, url: str, target: str) -> None:
        if target:
            self._open[target] = None

    def finished(self, url: str, target: str) -> None:
        if not target:
            self._pages += 1
        elif target in self._open:
            del self._open[target]
            self._files += 1
            self._received += _size(target)

    def stepped(self) -> None:
        now = self._clock()
        if now < self._due:
            return
        self._due = now + _INTERVAL
        self._is_shown = True
        self._stream.write(_ERASE + self._line())
        self._stream.flush()

    def close(self) -> None:
        if self._is_shown:
            self._stream.write(_ERASE)
            self._stream.flush()
            self._is_shown = False

    def _line(self) -> str:
        if not self._open and not self._files:
            return f"resolving: {self._pages} answers"
        received = self._received + sum(map(_size, self._open))
        files = f"{self._files} of {self._files + len(self._open)} files"
        return f"downloading: {files}, {received / 1e6:.1f} MB"


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size  # noqa: PTH116 - several times a second
    except OSError:
        return 0
