"""The server's own process: pytest imported, nothing of the project; forks runs and templates.

It ends when nobody asked for some time, when its socket is no longer the one at its path, or
when something that it has in memory changed on disk; the next run then starts another.
"""

from __future__ import annotations

import importlib
import os
import selectors
import signal
import socket
import struct
import time
from dataclasses import dataclass, field

from ..boot import imitate_entry
from ..progress import Progress
from ..supervisor import run_controller
from ..worker import leave, run_exit_handlers
from . import streams
from .inputs import Inputs, Stamp
from .notes import Import, ImportNotes, read_notes
from .protocol import (
    ACCEPTED,
    REFUSED,
    ProtocolError,
    Request,
    close_all,
    receive,
    send,
)
from .template import (
    READY,
    STALE,
    TAKEN,
    UNFIT,
    Station,
    reap_ended,
    supervise_request,
    template_key,
    without_id,
)

IDLE_SECONDS = 600.0
IDLE_VARIABLE = "DX_TEST_SERVER_IDLE"
# How often it looks whether another server took its place.
TICK_SECONDS = 20.0
# Each holds a configured session and what it imported in memory.
MOST_TEMPLATES = 4
# How long a template may think about a request before it counts as lost.
ANSWER_SECONDS = 5.0


@dataclass
class Template:
    """A template as the server sees it: being made, ready, or found impossible."""

    link: socket.socket | None = None
    ready: bool = False


@dataclass
class Lesson:
    """A run from scratch that is under way: what it was, and what it says of itself."""

    key: str
    request: Request
    kinds: tuple[bool, ...]
    pipe: int
    data: bytearray = field(default_factory=bytearray)
    #: Files that it collected without an error or a warning.
    silent: dict[str, Stamp] = field(default_factory=dict)


class Resident:
    def __init__(self, listener: socket.socket, path: str) -> None:
        self.listener = listener
        self.path = path
        self.identity = os.stat(path).st_ino
        self.selector = selectors.DefaultSelector()
        self.selector.register(listener, selectors.EVENT_READ)
        self.templates: dict[str, Template] = {}
        self.lessons: dict[int, Lesson] = {}
        self.inputs = Inputs((), (), time.time_ns())
        self.idle = float(os.environ.get(IDLE_VARIABLE, IDLE_SECONDS))

    def serve(self) -> None:
        last = time.monotonic()
        while self.is_current() and time.monotonic() < last + self.idle:
            ready = self.selector.select(min(self.idle, TICK_SECONDS))
            if ready or self.lessons:
                last = time.monotonic()
            for key, _ in ready:
                if key.fileobj is self.listener:
                    self.answer()
                elif isinstance(key.data, Lesson):
                    self.learn(key.data)
                else:
                    self.hear(key.data)
            reap_ended()
        if self.is_current():
            os.unlink(self.path)

    def is_current(self) -> bool:
        try:
            return os.stat(self.path).st_ino == self.identity
        except OSError:
            return False

    def answer(self) -> None:
        connection, _ = self.listener.accept()
        with connection:
            if peer_user(connection) != os.getuid():
                return
            try:
                request, descriptors = receive(connection)
            except ProtocolError:
                return
            try:
                self.run(request, descriptors, connection)
            finally:
                close_all(descriptors)

    def run(self, request: Request, descriptors: list[int], connection: socket.socket) -> None:
        kinds = streams.kinds_of(descriptors)
        key = template_key(request, kinds)
        handed = [*descriptors, connection.fileno()]
        if self.ask_template(key, request, handed):
            connection.sendall(ACCEPTED)
        elif self.inputs.changed() is not None:
            os.unlink(self.path)
            connection.sendall(REFUSED)
        else:
            connection.sendall(ACCEPTED)
            self.run_from_scratch(Lesson(key, request, kinds, -1), handed)

    def ask_template(self, key: str, request: Request, handed: list[int]) -> bool:
        template = self.templates.get(key)
        if template is None or template.link is None or not template.ready:
            return False
        try:
            send(template.link, request, handed)
            word = template.link.recv(1)
        except OSError:
            word = b""
        if word in (STALE, b""):
            self.drop(key)
        return word == TAKEN

    def drop(self, key: str) -> None:
        template = self.templates.pop(key, None)
        if template is not None and template.link is not None:
            self.selector.unregister(template.link)
            template.link.close()

    def run_from_scratch(self, lesson: Lesson, handed: list[int]) -> None:
        read, write = os.pipe()
        if os.fork() == 0:
            self.forget()
            os.close(read)
            descriptors = [os.dup(descriptor) for descriptor in handed]
            close_all(handed)
            run_request(lesson.request, descriptors, write)
        os.close(write)
        lesson.pipe = read
        self.lessons[read] = lesson
        self.selector.register(read, selectors.EVENT_READ, lesson)

    def learn(self, lesson: Lesson) -> None:
        """The end of a run from scratch is the time to make a template of its kind."""
        data = os.read(lesson.pipe, 1 << 16)
        lesson.data += data
        if data:
            return
        self.selector.unregister(lesson.pipe)
        os.close(lesson.pipe)
        del self.lessons[lesson.pipe]
        if lesson.data and lesson.key not in self.templates:
            while len(self.templates) >= MOST_TEMPLATES:
                self.drop(next(iter(self.templates)))
            imports, lesson.silent = read_notes(bytes(lesson.data))
            self.make_template(lesson, imports)

    def make_template(self, lesson: Lesson, imports: list[Import]) -> None:
        ours, theirs = socket.socketpair()
        if os.fork() == 0:
            self.forget()
            ours.close()
            become_template(lesson, imports, theirs)
        theirs.close()
        ours.settimeout(ANSWER_SECONDS)
        self.templates[lesson.key] = Template(ours)
        self.selector.register(ours, selectors.EVENT_READ, (lesson, imports))

    def hear(self, made: tuple[Lesson, list[Import]]) -> None:
        """What a template says without being asked."""
        lesson, imports = made
        template = self.templates[lesson.key]
        assert template.link is not None
        word = template.link.recv(1 << 10)
        if word == READY:
            template.ready = True
            return
        self.drop(lesson.key)
        count = int(word[1:] or 0) if word.startswith(UNFIT) else 0
        if count:
            self.make_template(lesson, imports[:count])
        elif word.startswith(UNFIT):
            self.templates[lesson.key] = Template()

    def forget(self) -> None:
        """In a fork: what belongs to the server."""
        self.selector.close()
        self.listener.close()
        for template in self.templates.values():
            if template.link is not None:
                template.link.close()
        for pipe in self.lessons:
            os.close(pipe)


def peer_user(connection: socket.socket) -> int:
    """The user at the other end, where the system says; the socket's folder is ours alone."""
    if not hasattr(socket, "SO_PEERCRED"):
        return os.getuid()
    size = struct.calcsize("3i")
    data = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    return int(struct.unpack("3i", data)[1])


def enter(request: Request) -> list[str]:
    """Be where the request came from; pytest's arguments."""
    os.chdir(request.folder)
    os.environ.clear()
    os.environ.update(request.environment)
    return imitate_entry(["-m", *request.arguments])


def run_request(request: Request, descriptors: list[int], notes: int) -> None:
    """Run from scratch and leave the process."""
    progress, broken = Progress(), dict[str, str]()
    arguments = enter(request)
    supervise_request(descriptors, progress, broken, {})
    leave_after(run_controller(arguments, progress, broken, [ImportNotes(notes)]))


def become_template(lesson: Lesson, imports: list[Import], link: socket.socket) -> None:
    """Configure a session and wait in it; a fork that ran it leaves the process here."""
    progress, broken = Progress(), dict[str, str]()
    os.setsid()
    enter(lesson.request)
    streams.install(streams.placeholders(lesson.kinds))
    arguments = [without_id(word) for word in lesson.request.arguments]
    station = Station(link, imports, lesson.silent, progress, broken)
    leave_after(run_controller(arguments, progress, broken, [station]))


def leave_after(status: int) -> None:
    """End the process as the interpreter would, without the caller's frames."""
    import threading

    threading._shutdown()  # type: ignore[attr-defined]
    run_exit_handlers()
    leave(status)


def main(path: str) -> int:
    """Serve at ``path``, in a folder that only its owner may enter."""
    # Runs are to have it as a program started at a terminal has.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    imitate_entry(["-m"])
    importlib.import_module("pytest")
    importlib.import_module("_dx_testrun.plugin")
    # Each run's supervisor needs it (supervisor.adopt_orphans).
    importlib.import_module("ctypes")

    listener = listen(path)
    if listener is None:
        return 1
    Resident(listener, path).serve()
    return 0


def listen(path: str) -> socket.socket | None:
    folder = os.path.dirname(path)
    os.makedirs(folder, mode=0o700, exist_ok=True)
    found = os.stat(folder)
    if found.st_uid != os.getuid() or found.st_mode & 0o077:
        return None
    listener = socket.socket(socket.AF_UNIX)
    temporary = f"{path}.{os.getpid()}"
    listener.bind(temporary)
    os.chmod(temporary, 0o600)
    listener.listen(16)
    os.rename(temporary, path)
    return listener
