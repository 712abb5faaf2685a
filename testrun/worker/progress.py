"""Where a controller is, in memory that its supervisor shares and can read after a crash."""

from __future__ import annotations

import mmap

STARTING, COLLECTING, RUNNING, DONE = b"S", b"C", b"R", b"D"
SIZE = 4096


class Progress:
    """One byte of phase, then, ended by a zero byte, the id of the node being collected, or at
    the end the exit status."""

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Memory of its own for the next controller; others keep what they share."""
        self._memory = mmap.mmap(-1, SIZE)
        self._memory[0:1] = STARTING

    @property
    def phase(self) -> bytes:
        return self._memory[0:1]

    @property
    def node(self) -> str:
        return self._memory[1:].split(b"\0", 1)[0].decode("utf-8", "replace")

    @property
    def status(self) -> int:
        return int(self.node)

    def collecting(self, node: str) -> None:
        name = node.encode("utf-8", "replace")[: SIZE - 2] + b"\0"
        self._memory[1 : 1 + len(name)] = name
        self._memory[0:1] = COLLECTING

    def running(self) -> None:
        self._memory[0:1] = RUNNING

    def finish(self, status: int) -> None:
        """All is reported; what is left is to leave the process, with this exit status."""
        self.collecting(str(status))
        self._memory[0:1] = DONE
