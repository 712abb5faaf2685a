"""The server: listens, forks a process for each command, passes signals on and statuses back.

It does nothing of a command itself, so it does not grow. It ends when nobody asked for some
time, when its socket is no longer the one at its path, or when a file that it has in memory was
changed; the launcher then does commands without it.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path

from dx_py.driver.package_server.protocol import (
    ACCEPTED,
    BY_SIGNAL,
    GIVEN_BACK,
    REFUSED,
    STATUS,
    ProtocolError,
    Request,
    receive,
)
from dx_py.driver.package_server.served import GIVE_BACK, serve_request

IDLE_VARIABLE = "DX_PKG_SERVER_IDLE"
_IDLE_SECONDS = 600.0
#: How often it looks whether another server took its place.
_TICK_SECONDS = 20.0
#: A caller that says nothing for so long is not waited for by others.
_PATIENCE_SECONDS = 5.0

Stamp = tuple[int, int, int]


class Resident:
    """The state of a server: its socket, the commands under way, the files it is made of."""

    def __init__(self, listener: socket.socket, path: Path) -> None:
        self._listener = listener
        self._path = path
        self._identity = path.stat().st_ino
        self._idle = float(os.environ.get(IDLE_VARIABLE, _IDLE_SECONDS))
        self._callers: dict[int, socket.socket] = {}
        self._files = {path: _stamp(path) for path in _loaded_files()}
        self._selector = selectors.DefaultSelector()
        self._selector.register(listener, selectors.EVENT_READ, self._accept)
        self._ended, wake = os.pipe()
        for descriptor in (self._ended, wake):
            os.set_blocking(descriptor, False)
        self._selector.register(self._ended, selectors.EVENT_READ, self._reap)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)

    def serve(self) -> None:
        """Return when there is no more use in being there."""
        last = time.monotonic()
        while self._callers or (self._is_current() and time.monotonic() < last + self._idle):
            if self.serve_next() or self._callers:
                last = time.monotonic()
        self._leave()

    def serve_next(self) -> bool:
        """Do what is to be done next, or nothing for a while; whether anything happened."""
        ready = self._selector.select(min(self._idle, _TICK_SECONDS))
        for key, _ in ready:
            react: Callable[[], None] = key.data
            react()
        return bool(ready)

    def _leave(self) -> None:
        """Nobody shall find this server any more."""
        if self._is_current():
            self._path.unlink()

    def _is_current(self) -> bool:
        try:
            return self._path.stat().st_ino == self._identity
        except OSError:
            return False

    def _accept(self) -> None:
        connection, _ = self._listener.accept()
        connection.settimeout(_PATIENCE_SECONDS)
        if peer_user(connection) != os.getuid():
            connection.close()
            return
        try:
            request = receive(connection)
        except ProtocolError:
            connection.close()
            return
        self._answer(connection, request)
        request.close()

    def _answer(self, connection: socket.socket, request: Request) -> None:
        stale = any(_stamp(path) != stamp for path, stamp in self._files.items())
        if stale:
            self._leave()
        try:
            connection.sendall(REFUSED if stale else ACCEPTED)
        except OSError:
            stale = True  # nobody waits for it any longer
        if stale:
            connection.close()
            return
        pid = os.fork()
        if pid == 0:
            self._forget()
            connection.close()
            serve_request(request)
        self._callers[pid] = connection
        self._selector.register(
            connection, selectors.EVENT_READ, lambda: self._hear(pid, connection)
        )

    def _hear(self, pid: int, connection: socket.socket) -> None:
        """Signals from the caller; a caller that is gone needs nothing any more."""
        try:
            numbers = connection.recv(1 << 10)
        except OSError:
            numbers = b""
        if not numbers:
            self._selector.unregister(connection)
        for number in numbers or [signal.SIGTERM]:
            _send_signal(pid, number)

    def _reap(self) -> None:
        os.read(self._ended, 1 << 10)
        while self._callers:
            pid, state = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            self._finish(self._callers.pop(pid), os.waitstatus_to_exitcode(state))

    def _finish(self, connection: socket.socket, code: int) -> None:
        status = BY_SIGNAL - code if code < 0 else GIVEN_BACK if code == GIVE_BACK else code
        if connection.fileno() in self._selector.get_map():
            self._selector.unregister(connection)
        try:
            connection.sendall(STATUS.pack(status))
        except OSError:
            pass  # nobody waits for it any longer
        finally:
            connection.close()

    def _forget(self) -> None:
        """In a fork: what belongs to the server."""
        signal.set_wakeup_fd(-1)
        self._selector.close()
        self._listener.close()
        for connection in self._callers.values():
            connection.close()


def _send_signal(pid: int, number: int) -> None:
    """To the command and what it started, which a terminal would reach, too."""
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        try:
            os.kill(pid, number)  # it has not yet a session of its own
        except ProcessLookupError:
            return


def _loaded_files() -> list[str]:
    found = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    return [path for path in (sys.executable, *found) if isinstance(path, str)]


def _stamp(path: str) -> Stamp | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - of hundreds, before each command
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def peer_user(connection: socket.socket) -> int:
    """The user at the other end, where the system says; the socket's folder is ours alone."""
    if not hasattr(socket, "SO_PEERCRED"):
        return os.getuid()
    size = struct.calcsize("3i")
    data = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    return int(struct.unpack("3i", data)[1])


def listen(path: Path) -> socket.socket | None:
    """A socket at ``path``; None where others could reach its folder, or without a store."""
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
    except FileNotFoundError:
        return None  # it was removed while this process started
    found = path.parent.stat()
    if found.st_uid != os.getuid() or found.st_mode & 0o077:
        return None
    listener = socket.socket(socket.AF_UNIX)
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    listener.bind(str(temporary))
    temporary.chmod(0o600)
    listener.listen(16)
    temporary.rename(path)
    return listener
