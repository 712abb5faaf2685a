"""Hints after the traceback of an uncaught exception, on a terminal.

``sys.excepthook`` and ``sys.__excepthook__`` are exchanged together, so that they stay the
same object, which is how programs tell whether somebody has set a hook. A program's own hook
wins; one that calls ``sys.__excepthook__`` gets the hints with the traceback.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType

    from dx_py.runtime_support.startup import Parts


def install(parts: Parts) -> None:
    """The part that makes hints is loaded when there is something to hint at."""
    host = sys.excepthook

    def excepthook(
        kind: type[BaseException], value: BaseException, traceback: TracebackType | None
    ) -> None:
        host(kind, value, traceback)
        if isinstance(value, Exception):
            _print_hints(parts, value)

    for attribute in ("__name__", "__qualname__", "__module__", "__doc__"):
        setattr(excepthook, attribute, getattr(host, attribute))
    sys.excepthook = sys.__excepthook__ = excepthook


def _print_hints(parts: Parts, error: Exception) -> None:
    """The traceback has been printed: whatever goes wrong from here on stays unsaid."""
    try:
        stream = sys.stderr
        if stream is None or not stream.isatty():
            return

        def load(name: str) -> object:
            return parts.load("runtime_support.hints." + name)

        for hint in load("report").hints_for(error, load):  # type: ignore[attr-defined]
            stream.write(f"hint: {hint}\n")
        stream.flush()
    except Exception:
        return
