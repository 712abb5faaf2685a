"""Hints after the traceback of an uncaught exception, on a terminal.

``sys.excepthook`` and ``sys.__excepthook__`` are exchanged together, so that they stay the
same object, which is how programs tell whether somebody has set a hook. A program's own hook
wins; one that calls ``sys.__excepthook__`` gets the hints with the traceback.

Loaded at every start on a terminal, before there are parts: what makes hints is loaded when
there is something to hint at.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType, TracebackType
    from typing import Any

    from dx_py.runtime_support.startup import Parts


def install(load: "Callable[[str], Any]", home: str, stats: str) -> None:
    """``load`` gives a module of this folder; ``stats`` is the setting DX_STATS."""
    host = sys.excepthook

    def excepthook(
        kind: type[BaseException], value: BaseException, traceback: "TracebackType | None"
    ) -> None:
        host(kind, value, traceback)
        if isinstance(value, Exception):
            _print_hints(load("startup").Parts(home, stats), value)

    for attribute in ("__name__", "__qualname__", "__module__", "__doc__"):
        setattr(excepthook, attribute, getattr(host, attribute))
    sys.excepthook = sys.__excepthook__ = excepthook


def _print_hints(parts: "Parts", error: Exception) -> None:
    """The traceback has been printed: what goes wrong from here on is said under --stats."""
    try:
        _write_hints(parts, error)
    except Exception as failure:
        parts.tell_failure("hinting", failure)


def _write_hints(parts: "Parts", error: Exception) -> None:
    stream = sys.stderr
    if stream is None or not stream.isatty():
        return

    def load(name: str) -> "ModuleType":
        return parts.load("runtime_support.hints." + name)

    for hint in load("report").hints_for(error, load, parts.tell_failure):
        stream.write(f"hint: {hint}\n")
    stream.flush()
