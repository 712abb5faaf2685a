"""A compile worker, as a program's process sees it: two pipes to a process of DX-Py's own.

A message is its length (four bytes, little endian) and a tuple in the marshal format. Nothing
is imported that a plain interpreter has not imported.
"""

from __future__ import annotations

import marshal
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

#: A worker is a grandchild: a program that waits for any child must not meet it. The program
#: waits for this shell, which starts and ends in a millisecond; what a shell starts in the
#: background gets no input unless it is told to.
_SHELL = ("/bin/sh", "-c", """exec 3<&0; "$@" <&3 3<&- &""", "sh")
#: The worker of the native tier.
START = """from dx_py.driver.compile_worker import main
raise SystemExit(main())
"""
#: The worker that makes bytecode. It needs nothing of site-packages but ``dx_py`` itself, whose
#: folder is the argument, so that ``-S`` may save the time that ``site`` takes.
START_CODEGEN = """import os, sys
os.chdir("/")
home = type(sys)("dx_py")
home.__path__ = sys.argv[1:]
sys.modules["dx_py"] = home
from dx_py.driver.code_worker import main
raise SystemExit(main())
"""
#: Descriptors from here on are ours: a program's own have the numbers they have without us.
_HIGH = 200


def _signals() -> ModuleType:
    """The host's ``_signal``, which a subinterpreter has not loaded."""
    if "_signal" in sys.modules:
        return sys.modules["_signal"]
    importer = sys.modules["_frozen_importlib"].BuiltinImporter
    module: ModuleType = importer.create_module(importer.find_spec("_signal"))
    importer.exec_module(module)
    return module


_signal = _signals()


class WorkerError(Exception):
    """The worker could not be started, or is gone."""


class Worker:
    """One worker process, started at the first request and ended by the end of its input.

    ``arguments`` are those of the interpreter ``python``.
    """

    def __init__(self, python: str, arguments: tuple[str, ...] = ("-I", "-c", START)) -> None:
        self._python = python
        self._command = [*_SHELL, python, *arguments]
        self._pipes: tuple[Pipe, Pipe] | None = None
        self._process = os.getpid()
        self._lock: Any = sys.modules["_thread"].allocate_lock()
        self._thread = 0

    def ask(self, *message: Any) -> tuple[Any, ...]:  # noqa: ANN401
        """Send a message and wait for the answer; raises WorkerError.

        Threads take turns. A signal handler that interrupts the conversation gets nothing,
        nor does a forked child, which has its parent's pipes.
        """
        thread = sys.modules["_thread"].get_ident()
        if self._process != os.getpid() or self._thread == thread:
            raise WorkerError("compile worker is busy")
        with self._lock:
            self._thread = thread
            try:
                return self._converse(message)
            finally:
                self._thread = 0

    def _converse(self, message: tuple[Any, ...]) -> tuple[Any, ...]:
        """An answer that was not read whole, for whatever reason, ends this worker."""
        pipes, self._pipes = self._pipes, None
        try:
            if pipes is None or not all(pipe.is_ours() for pipe in pipes):
                pipes = self.start()
            pipes[0].write(marshal.dumps(message))
            answer: tuple[Any, ...] = marshal.loads(pipes[1].read())
        except (OSError, EOFError, ValueError, TypeError) as error:
            _close(pipes)
            raise WorkerError(f"compile worker failed: {error}") from None
        except BaseException:
            _close(pipes)
            raise
        self._pipes = pipes
        return answer

    def start(self) -> tuple[Pipe, Pipe]:
        """A process to write to, and to read from."""
        if not os.access(self._python, os.X_OK):
            # The shell would tell the terminal.
            raise FileNotFoundError(2, "no interpreter for the worker", self._python)
        their_input, our_output = os.pipe()
        our_input, their_output = os.pipe()
        actions: list[tuple[Any, ...]] = [
            (os.POSIX_SPAWN_DUP2, their_input, 0),
            (os.POSIX_SPAWN_DUP2, their_output, 1),
        ]
        # What the worker has to say of itself is not for the program's terminal.
        if "DX_STRICT" not in os.environ:
            actions.append((os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0))
        try:
            _spawn(self._command, actions)
        except BaseException:
            os.close(our_output)
            os.close(our_input)
            raise
        finally:
            os.close(their_input)
            os.close(their_output)
        return Pipe(our_output), Pipe(our_input)


def _spawn(command: list[str], actions: list[tuple[Any, ...]]) -> None:
    """Start a worker; no handler of the program's hears of the child in between."""
    heard = _signal.getsignal(_signal.SIGCHLD)
    is_deaf = callable(heard)
    try:
        if is_deaf:
            _signal.signal(_signal.SIGCHLD, _signal.SIG_DFL)
    except ValueError:  # only the main thread may
        is_deaf = False
    try:
        child = os.posix_spawn(
            command[0],
            command,
            _environment(),
            file_actions=actions,
            # The terminal's interrupt is for the program, which may go on asking.
            setpgroup=0,
        )
        try:  # noqa: SIM105 - contextlib may not be imported here
            os.waitpid(child, 0)
        except ChildProcessError:  # the program ignores children, or has waited for any
            pass
    finally:
        if is_deaf:
            _signal.signal(_signal.SIGCHLD, heard)


def _environment() -> dict[str, str]:
    kept = {key: os.environ[key] for key in os.environ if key.startswith("DX_")}
    for key in ("HOME", "PATH", "XDG_CACHE_HOME", "LANG"):
        if key in os.environ:
            kept[key] = os.environ[key]
    return kept


class Pipe:
    """One end of a pipe, which the program may close, and use its number for another file."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = _lifted(descriptor)
        self._identity = _identity(self._descriptor)

    def is_ours(self) -> bool:
        return _identity(self._descriptor) == self._identity

    def close(self) -> None:
        if self.is_ours():
            os.close(self._descriptor)

    def never_wait(self) -> None:
        """From now on BlockingIOError is raised where there would be a wait."""
        os.set_blocking(self._descriptor, False)

    def write(self, data: bytes) -> None:
        """A message, whole. Raises OSError where the reader is gone."""
        data = len(data).to_bytes(4, "little") + data
        while data:
            data = data[self.write_some(data) :]

    def write_some(self, data: bytes | memoryview) -> int:
        """How much went into the pipe; SIGPIPE ends no program."""
        blocked = {_signal.SIGPIPE}
        mask = _signal.pthread_sigmask(_signal.SIG_BLOCK, blocked)
        try:
            return os.write(self._descriptor, data)
        except BrokenPipeError:
            if _signal.SIGPIPE not in mask and _signal.SIGPIPE in _signal.sigpending():
                _signal.sigwait(blocked)
            raise
        finally:
            _signal.pthread_sigmask(_signal.SIG_SETMASK, mask)

    def read(self) -> bytes:
        """The next message; raises EOFError."""
        return self._exactly(int.from_bytes(self._exactly(4), "little"))

    def _exactly(self, size: int) -> bytes:
        pieces = []
        while size:
            piece = self.read_some(size)
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)

    def read_some(self, size: int) -> bytes:
        piece = os.read(self._descriptor, size)
        if not piece:
            raise EOFError("it ended")
        return piece


def _close(pipes: tuple[Pipe, Pipe] | None) -> None:
    for pipe in pipes or ():
        pipe.close()


def _lifted(descriptor: int) -> int:
    """The same file under a number out of the program's way, if there is one."""
    for number in range(_HIGH, _HIGH + 50):
        try:
            os.fstat(number)
        except OSError:
            try:
                os.dup2(descriptor, number, inheritable=False)
            except OSError:  # fewer descriptors are allowed
                return descriptor
            os.close(descriptor)
            return number
    return descriptor


def _identity(descriptor: int) -> tuple[int, int] | None:
    try:
        found = os.fstat(descriptor)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def own_python(home: str) -> str | None:
    """The interpreter DX-Py was installed with, from the folder of its package."""
    prefix = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(home))))
    for candidate in (prefix + "/bin/python", home + "/.venv/bin/python"):
        if os.access(candidate, os.X_OK):
            return candidate
    return None
