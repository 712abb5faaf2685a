"""What the launcher sends (artifacts/native/resident.c) and what it is answered.

A request is a length (four bytes, little-endian) and that many bytes: texts, each ended by a
zero byte, namely version, folder, number of arguments, arguments, entries of the environment.
With it come the descriptors of standard input, output and error.

The answer is one byte, ACCEPTED or REFUSED, and after an accepted run its exit status (four
bytes). In between the launcher sends the numbers of signals that it got, one byte each; when
its end closes, nobody waits for the run any longer.
"""

from __future__ import annotations

import os
import socket
import struct
from dataclasses import dataclass

VERSION = b"1"
ACCEPTED, REFUSED = b"A", b"R"
LENGTH = struct.Struct("<I")
STATUS = struct.Struct("<i")
MOST_BYTES = 1 << 24
STREAMS = 3


@dataclass(frozen=True)
class Request:
    """A run that is asked for; ``body`` is what it was decoded from."""

    body: bytes
    folder: str
    arguments: list[str]
    environment: dict[str, str]


class ProtocolError(Exception):
    """What came over the socket is no request of this version."""


def receive(connection: socket.socket, count: int = STREAMS) -> tuple[Request, list[int]]:
    """The request and its ``count`` descriptors, which are then the caller's.

    Raises ``ProtocolError`` at the end and for anything else.
    """
    data, descriptors, _, _ = socket.recv_fds(connection, 1 << 16, count)
    try:
        request = decode(read_body(connection, data))
        if len(descriptors) != count:
            raise ProtocolError
    except (ProtocolError, OSError, ValueError):
        close_all(descriptors)
        raise ProtocolError from None
    return request, descriptors


def send(connection: socket.socket, request: Request, descriptors: list[int]) -> None:
    data = LENGTH.pack(len(request.body)) + request.body
    sent = socket.send_fds(connection, [data], descriptors)
    connection.sendall(data[sent:])


def read_body(connection: socket.socket, data: bytes) -> bytes:
    while len(data) < LENGTH.size:
        data += more(connection)
    (size,) = LENGTH.unpack_from(data)
    if size > MOST_BYTES:
        raise ProtocolError
    while len(data) < LENGTH.size + size:
        data += more(connection)
    return data[LENGTH.size :]


def more(connection: socket.socket) -> bytes:
    data = connection.recv(1 << 16)
    if not data:
        raise ProtocolError
    return data


def decode(body: bytes) -> Request:
    version, folder, count, *rest = body.split(b"\0")[:-1]
    if version != VERSION:
        raise ProtocolError
    words = [os.fsdecode(word) for word in rest]
    arguments, entries = words[: int(count)], words[int(count) :]
    pairs = (entry.partition("=") for entry in entries)
    environment = {name: value for name, _, value in pairs if name}
    return Request(body, os.fsdecode(folder), arguments, environment)


def close_all(descriptors: list[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
