"""Standard streams of a process that serves other processes' terminals.

A template is made with placeholders of the same kind (a terminal where the client has one), so
that what is decided once from ``isatty`` is decided rightly; a run then puts the client's
descriptors in the place of every copy of them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import Any

STANDARD = (0, 1, 2)


def kinds_of(descriptors: list[int]) -> tuple[bool, ...]:
    """What of the streams a program can see: which are terminals, which are the same file."""
    terminals = [os.isatty(descriptor) for descriptor in descriptors]
    return (*terminals, same_file(descriptors[1], descriptors[2]))


def same_file(left: int, right: int) -> bool:
    return os.path.sameopenfile(left, right)


def placeholders(kinds: tuple[bool, ...]) -> list[int]:
    """Descriptors of the given kinds that lead nowhere."""
    found: list[int] = []
    for number in STANDARD:
        if number == 2 and kinds[3]:
            found.append(os.dup(found[1]))
        elif kinds[number]:
            # The other end stays open as long as the template: a terminal needs both.
            found.append(os.openpty()[1])
        else:
            read, write = os.pipe()
            found.append(read if number == 0 else write)
    return found


def install(descriptors: Iterable[int]) -> None:
    """Make them the standard streams of this process."""
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
    for stream in (sys.stdout, sys.stderr):
        adapt(stream)


def adapt(stream: Any) -> None:  # noqa: ANN401
    """Buffer as the interpreter does at its start: by lines on a terminal."""
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(line_buffering=stream is sys.stderr or stream.isatty())


def copies() -> dict[int, int]:
    """Descriptors beyond 2 that are copies of a standard stream -> which one."""
    found: dict[int, int] = {}
    for descriptor in map(int, os.listdir("/dev/fd")):
        if descriptor not in STANDARD and is_open(descriptor):
            for number in STANDARD:
                if same_file(descriptor, number):
                    found.setdefault(descriptor, number)
    return found


def is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def replace(descriptors: list[int], held: dict[int, int]) -> None:
    """Put ``descriptors`` in the place of the standard streams and of the copies ``held``."""
    install(descriptors)
    for copy, number in held.items():
        os.dup2(number, copy, inheritable=False)
    for descriptor in descriptors:
        os.close(descriptor)
