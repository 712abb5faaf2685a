"""Messages between controller and worker: pickled values in frames of length and bytes.

Both ends are our own processes running the same interpreter over the same tree, so pickle
crosses no trust boundary.
"""

from __future__ import annotations

import os
import pickle
import struct
from typing import Any

LENGTH = struct.Struct("<Q")
READ_SIZE = 1 << 20
# Tests that close "all" descriptors loop over the low ones; ours sit above.
HIGH_DESCRIPTOR = 512


def encode(message: object) -> bytes:
    body = pickle.dumps(message, protocol=4)
    return LENGTH.pack(len(body)) + body


class Channel:
    """One end: ``send`` blocks until written; ``receive`` until a message is there."""

    def __init__(self, read_fd: int, write_fd: int) -> None:
        self.read_fd = read_fd
        self.write_fd = write_fd
        self._buffer = bytearray()

    def send(self, message: object) -> None:
        data = memoryview(encode(message))
        while data:
            data = data[os.write(self.write_fd, data) :]

    def receive(self) -> Any:  # noqa: ANN401  (a message is any picklable value)
        """The next message; raises ``EOFError`` when the other end is gone."""
        while True:
            for message in self._frames(limit=1):
                return message
            self._fill()

    def receive_available(self) -> list[Any]:
        """What one read brings, which may be nothing whole; ``EOFError`` at the end."""
        self._fill()
        return self._frames(limit=-1)

    def is_drained(self) -> bool:
        """Throw away what is there to read; whether that was the end."""
        try:
            return not os.read(self.read_fd, READ_SIZE)
        except OSError:
            return True

    def close(self) -> None:
        for descriptor in {self.read_fd, self.write_fd}:
            os.close(descriptor)

    def _fill(self) -> None:
        data = os.read(self.read_fd, READ_SIZE)
        if not data:
            raise EOFError
        self._buffer += data

    def _frames(self, limit: int) -> list[Any]:
        messages: list[Any] = []
        start = 0
        while len(messages) != limit and len(self._buffer) - start >= LENGTH.size:
            (size,) = LENGTH.unpack_from(self._buffer, start)
            end = start + LENGTH.size + size
            if len(self._buffer) < end:
                break
            messages.append(pickle.loads(memoryview(self._buffer)[start + LENGTH.size : end]))
            start = end
        del self._buffer[:start]
        return messages


def raise_descriptor(descriptor: int) -> int:
    """Move ``descriptor`` out of the reach of loops over low numbers, where limits allow."""
    try:
        import fcntl

        moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, HIGH_DESCRIPTOR)
    except (ImportError, OSError):
        return descriptor
    os.close(descriptor)
    return moved


def channel_pair() -> tuple[Channel, Channel]:
    """Two connected ends over pipes."""
    down_read, down_write = (raise_descriptor(end) for end in os.pipe())
    up_read, up_write = (raise_descriptor(end) for end in os.pipe())
    return Channel(up_read, down_write), Channel(down_read, up_write)
