"""What a collection reads besides its command line: files, folders, variables, and the rest.

An audit hook sees what is opened, listed and started. ``os.environ`` is watched while it lasts,
and so are the functions that only ask whether a file is there: an answer of either kind may
decide what is collected. What cannot be recorded (another process, a socket) makes it volatile:
nothing is remembered of such a collection.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import Any

FOLDER_EVENTS = frozenset({"os.listdir", "os.scandir"})
VOLATILE_EVENTS = frozenset(
    {
        "os.exec",
        "os.fork",
        "os.posix_spawn",
        "os.system",
        "socket.bind",
        "socket.connect",
        "socket.getaddrinfo",
        "sqlite3.connect",
        "subprocess.Popen",
    }
)
PROBES = ("stat", "lstat", "access", "readlink")
# Programs that the standard library runs to learn about the machine, whose answers stay.
MACHINE_PROGRAMS = frozenset({"cc", "gcc", "ld", "ldconfig", "lsb_release", "uname"})
# They decide how results are shown, or change with every shell.
IGNORED_VARIABLES = frozenset(
    (
        "_",
        "COLUMNS",
        "FORCE_COLOR",
        "LINES",
        "NO_COLOR",
        "OLDPWD",
        "PWD",
        "PYTEST_CURRENT_TEST",
        "PYTEST_VERSION",
        "PY_COLORS",
        "SHLVL",
        "TERM",
        "TERM_SESSION_ID",
        "WINDOWID",
    )
)


class Recorder:
    """Active from ``start`` to ``stop``; the audit hook itself can never be taken out again."""

    def __init__(self) -> None:
        self.files: dict[str, None] = {}
        self.folders: dict[str, None] = {}
        self.present: dict[str, None] = {}
        self.absent: dict[str, None] = {}
        self.variables: dict[str, None] = {}
        self.volatile: str | None = None
        self.initial: dict[str, str] = {}
        self._active = False
        self._undo: list[tuple[Any, str, Any]] = []

    def start(self) -> None:
        self.initial = dict(os.environ)
        self._active = True
        sys.addaudithook(self.hear)
        self._watch_probes()
        self._watch_environment()

    def stop(self) -> None:
        self._active = False
        while self._undo:
            owner, name, original = self._undo.pop()
            setattr(owner, name, original)

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._active:
            return
        if event == "open":
            self._opened(*arguments)
        elif event in FOLDER_EVENTS:
            self._listed(arguments[0])
        elif event in VOLATILE_EVENTS and not describes_machine(event, arguments):
            self.volatile = event

    def environment(self) -> Iterator[tuple[str, str | None]]:
        """The variables that were read, as they were at the start."""
        for name in sorted(self.variables):
            if name not in IGNORED_VARIABLES and not name.startswith("DX_"):
                yield name, self.initial.get(name)

    def _opened(self, path: object, mode: object, flags: object) -> None:
        if not isinstance(path, (str, bytes, os.PathLike)):
            return
        if isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR):
            return
        if isinstance(mode, str) and not mode.startswith("r"):
            return
        self.files[absolute(path)] = None

    def _listed(self, path: object) -> None:
        if path is None:
            self.folders[os.getcwd()] = None
        elif isinstance(path, (str, bytes, os.PathLike)):
            self.folders[absolute(path)] = None
        elif isinstance(path, int):
            self._listed_descriptor(path)

    def _listed_descriptor(self, descriptor: int) -> None:
        try:
            self.folders[os.readlink(f"/proc/self/fd/{descriptor}")] = None
        except OSError:
            self.volatile = "listing of a descriptor"

    def _replace(self, owner: object, name: str, value: object) -> None:
        self._undo.append((owner, name, getattr(owner, name)))
        setattr(owner, name, value)

    def _watch_probes(self) -> None:
        """Functions of ``os`` that tell of a file without opening it."""
        for name in PROBES:
            self._replace(os, name, self._probe(getattr(os, name)))

    def _probe(self, original: Any) -> Any:  # noqa: ANN401
        def probe(path: Any, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401
            try:
                answer = original(path, *arguments, **options)
            except OSError:
                self._asked(path, found=False)
                raise
            self._asked(path, found=answer is not False)
            return answer

        return probe

    def _asked(self, path: object, *, found: bool) -> None:
        if not isinstance(path, (str, bytes, os.PathLike)):
            return
        if not found:
            self.absent[absolute(path)] = None
        elif is_asked_by_project():
            self.present[absolute(path)] = None

    def _watch_environment(self) -> None:
        kind = type(os.environ)
        get, iterate = kind.__getitem__, kind.__iter__

        def getitem(environment: Any, name: Any) -> Any:  # noqa: ANN401
            if isinstance(name, (str, bytes)):
                self.variables[os.fsdecode(name)] = None
            return get(environment, name)

        def iterator(environment: Any) -> Iterator[str]:  # noqa: ANN401
            self.variables.update(dict.fromkeys(self.initial))
            return iterate(environment)

        self._replace(kind, "__getitem__", getitem)
        self._replace(kind, "__iter__", iterator)


LIBRARY = os.path.dirname(os.path.abspath(os.__file__)) + os.sep


def is_library(path: str) -> bool:
    return path.startswith((LIBRARY, "<frozen")) and "-packages" not in path


def is_asked_by_project() -> bool:
    """Whether code of the project wants to know, rather than pytest on its way through folders,
    for which names are enough."""
    frame = sys._getframe(3)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(
        (LIBRARY, "<frozen")
    ):
        frame = frame.f_back
    module = frame.f_globals.get("__name__", "")
    return module.partition(".")[0] not in ("_pytest", "pytest", "pluggy", "_dx_testrun")


def describes_machine(event: str, arguments: tuple[Any, ...]) -> bool:
    if event != "subprocess.Popen":
        return False
    program = arguments[0] or arguments[1][0]
    return os.path.basename(os.fsdecode(program)) in MACHINE_PROGRAMS


def absolute(path: str | bytes | os.PathLike[Any]) -> str:
    return os.path.abspath(os.fsdecode(path))
