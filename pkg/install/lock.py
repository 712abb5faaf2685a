"""One writer at a time for an environment."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dx_py.pkg.errors import EnvironmentProblemError

_PATIENCE = 600.0
_NOTICE_AFTER = 1.0
#: State folders whose lock this process holds.
_HELD: set[str] = set()


@contextmanager
def exclusive(state: Path) -> Iterator[None]:
    """Hold the lock of the environment with this state folder; who holds it may ask again.

    Raises EnvironmentProblemError where the folder cannot be made, or after ten minutes.
    """
    name = str(state)
    if name in _HELD:
        yield
        return
    try:
        state.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(state / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise EnvironmentProblemError(
            f"cannot write to '{state.parent}': {error.strerror}",
            hint="make an environment of your own with 'dx-py venv .venv'",
        ) from None
    try:
        _wait(descriptor, state)
        _HELD.add(name)
        yield
    finally:
        _HELD.discard(name)
        os.close(descriptor)


def _wait(descriptor: int, state: Path) -> None:
    start = time.monotonic()
    noticed = False
    while not _try_lock(descriptor):
        waited = time.monotonic() - start
        if waited > _PATIENCE:
            raise EnvironmentProblemError(
                f"another dx-py has been changing '{state.parent}' for ten minutes"
            )
        if waited > _NOTICE_AFTER and not noticed:
            noticed = True
            print(  # noqa: T201
                f"waiting for another dx-py that is changing '{state.parent}'",
                file=sys.stderr,
            )
        time.sleep(0.02)


if sys.platform == "win32":

    def _try_lock(descriptor: int) -> bool:
        import msvcrt

        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:

    def _try_lock(descriptor: int) -> bool:
        import fcntl

        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
