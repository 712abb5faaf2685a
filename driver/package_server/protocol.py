"""What the launcher sends (artifacts/native/resident.c), and what it is answered.

A request is a length (four bytes, little-endian) and that many bytes: texts, each ended by a
zero byte, namely version, folder, number of words, words, entries of the environment. With it
come the descriptors of standard input, output and error.

The answer is one byte, ACCEPTED or REFUSED, and after an accepted one four bytes more: the
exit status, or 256 and the signal that ended the command, or GIVEN_BACK, where nothing was
done. In between the launcher sends the numbers of signals that it got, one byte each; when its
end closes, nobody waits for the command any longer.
"""

from __future__ import annotations

import os
import socket
import struct
from dataclasses import dataclass

VERSION = b"1"
ACCEPTED, REFUSED = b"A", b"R"
STATUS = struct.Struct("<i")
GIVEN_BACK = -1
BY_SIGNAL = 256
STREAMS = 3
_LENGTH = struct.Struct("<I")
_MOST_BYTES = 1 << 24
_AT_ONCE = 1 << 16


class ProtocolError(Exception):
    """What came over the socket is no request of this version."""


@dataclass(frozen=True, slots=True)
class Request:
    """A command to do. ``descriptors``: the caller's standard streams, ours to close."""

    folder: str
    words: list[str]
    environment: dict[str, str]
    descriptors: list[int]

    def close(self) -> None:
        for descriptor in self.descriptors:
            os.close(descriptor)


def receive(connection: socket.socket) -> Request:
    """Raises ProtocolError for anything but a whole request, also for silence."""
    descriptors: list[int] = []
    try:
        data, descriptors, _, _ = socket.recv_fds(connection, _AT_ONCE, STREAMS)
        if len(descriptors) != STREAMS:
            raise ProtocolError
        return _decode(_read_body(connection, data), descriptors)
    except (ProtocolError, OSError, ValueError):
        for descriptor in descriptors:
            os.close(descriptor)
        raise ProtocolError from None


def _read_body(connection: socket.socket, data: bytes) -> bytes:
    while len(data) < _LENGTH.size:
        data += _more(connection)
    (size,) = _LENGTH.unpack_from(data)
    if size > _MOST_BYTES:
        raise ProtocolError
    while len(data) < _LENGTH.size + size:
        data += _more(connection)
    return data[_LENGTH.size :]


def _more(connection: socket.socket) -> bytes:
    data = connection.recv(_AT_ONCE)
    if not data:
        raise ProtocolError
    return data


def _decode(body: bytes, descriptors: list[int]) -> Request:
    version, folder, count, *rest = body.split(b"\0")[:-1]
    if version != VERSION:
        raise ProtocolError
    texts = [os.fsdecode(text) for text in rest]
    words, entries = texts[: int(count)], texts[int(count) :]
    pairs = (entry.partition("=") for entry in entries)
    environment = {name: value for name, _, value in pairs if name}
    return Request(os.fsdecode(folder), words, environment, descriptors)
