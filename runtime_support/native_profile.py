"""What a run learned about its functions, kept in a file: ``dx-py run --profile-out FILE``.

Runs in the user's process, without any import. The file is an artifact of kind ``profile``;
its payload is one tuple in the marshal format without references:

    (blobs, host, functions)
    host       (version of the interpreter, target, layout) as compile requests have them
    functions  of each: (key, name, file, line, description, refusal, counters)

``description`` is what ``native_program.describe`` gives, with numbers of ``blobs`` for the
code and the samples of its routines, or None; ``refusal`` says why there is no native code, or
""; ``counters`` are (entries, raises, bytes of code, guards with exits) or None.
"""

from __future__ import annotations

import marshal
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, FunctionType, ModuleType
    from typing import Any

    #: The extension module: mypy knows no stub of it.
    Core = Any

KIND = "profile"
SCHEMA = 1
_FORMAT = 0
_MAGIC = b"DXA1"


class Recorder:
    """Told of functions as the tier handles them; holds them until the program ends."""

    def __init__(self, core: Core, program: ModuleType) -> None:
        self._core = core
        self._program = program
        self._functions: dict[CodeType, FunctionType] = {}
        self._keys: dict[CodeType, bytes] = {}
        self._refusals: dict[CodeType, str] = {}
        self._units: dict[CodeType, Any] = {}
        self._blobs: dict[bytes, int] = {}

    def handled(self, function: FunctionType, key: bytes) -> None:
        self._functions[function.__code__] = function
        self._keys[function.__code__] = key

    def refused(self, function: FunctionType, why: str) -> None:
        self._functions[function.__code__] = function
        self._refusals[function.__code__] = why

    def loaded(self, function: FunctionType, unit: Any) -> None:  # noqa: ANN401
        self._units[function.__code__] = unit
        self._refusals.pop(function.__code__, None)

    def body(self) -> bytes:
        """The profile's msgpack: of functions of which anything is known."""
        core = self._core
        rows = (self._row(function) for function in self._functions.values())
        known = tuple(row for row in rows if row[4] is not None or row[5])
        host = (sys.version, core.target(), tuple(sorted(core.layout().items())))
        return _packed(marshal.dumps((tuple(self._blobs), host, known), _FORMAT))

    def summary(self) -> list[dict[str, Any]]:
        """For ``--stats-json``: the functions that have native code, or might have had."""
        known = {**self._units, **self._refusals}
        return [self._summary(code) for code in self._functions if code in known]

    def _summary(self, code: CodeType) -> dict[str, Any]:
        counters = self._counters(code) or (0, 0, 0, ())
        return {
            "name": code.co_qualname,
            "file": code.co_filename,
            "line": code.co_firstlineno,
            "native": code in self._units,
            "refusal": self._refusals.get(code),
            "entries": counters[0],
            "exceptions": counters[1],
            "exits": sum(times for *_, times in counters[3]),
            "code_bytes": counters[2],
        }

    def _row(self, function: FunctionType) -> tuple[Any, ...]:
        code = function.__code__
        return (
            self._keys.get(code, b""),
            code.co_qualname,
            code.co_filename,
            code.co_firstlineno,
            self._description(function),
            self._refusals.get(code, ""),
            self._counters(code),
        )

    def _description(self, function: FunctionType) -> tuple[Any, ...] | None:
        """None for a function that was never sampled."""
        kept = self._core.kept(function.__code__)
        if kept is None or len(marshal.loads(kept)) != 3:
            return None
        (routines, *tables), _ = self._program.describe(self._core, function)
        shared = tuple(
            (self._blob(code), self._blob(samples), *rest) for code, samples, *rest in routines
        )
        return (shared, *tables)

    def _blob(self, data: bytes) -> int:
        return self._blobs.setdefault(data, len(self._blobs))

    def _counters(self, code: CodeType) -> tuple[Any, ...] | None:
        stats, unit = self._core.unit_stats(code), self._units.get(code)
        if stats is None or unit is None:
            return None
        text, _, _, guards, *_ = unit
        failed = tuple((*site, n) for site, n in zip(guards, stats["exits"], strict=True) if n)
        return stats["entries"], stats["raises"], len(text), failed


def write_at_exit(recorder: Recorder, path: str, files: ModuleType) -> None:
    """A forked child leaves the file to its parent."""
    path, process = os.path.abspath(path), os.getpid()
    crc32 = files.private_extension("binascii").crc32

    def write() -> None:
        if os.getpid() != process:
            return
        body = recorder.body()
        data = _MAGIC + crc32(body).to_bytes(4, "little") + body
        temporary = f"{path}.{process}"
        try:
            with open(temporary, "xb", buffering=0) as file:
                file.write(data)
            os.replace(temporary, path)
        except OSError as error:
            line = f"dx-py: cannot write the profile '{path}': {error.strerror}\n"
            os.write(2, line.encode("utf-8", "backslashreplace"))

    files.private_extension("atexit").register(write)


def _packed(payload: bytes) -> bytes:
    """The msgpack of the artifact's three parts."""
    head = bytes([0x93, 0xA0 | len(KIND)]) + KIND.encode() + bytes([SCHEMA])
    for limit, mark, width in ((1 << 8, 0xC4, 1), (1 << 16, 0xC5, 2)):
        if len(payload) < limit:
            return head + bytes([mark]) + len(payload).to_bytes(width, "big") + payload
    return head + b"\xc6" + len(payload).to_bytes(4, "big") + payload
