"""Names of native code for tools outside the process: ``perf`` and ``gdb``.

``DX_PERF_MAP=1`` writes ``/tmp/perf-PID.map``, which perf reads; ``DX_GDB=1`` tells gdb of each
piece of code when it is loaded. Runs in the user's process, without any import.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any

    #: The extension module: mypy knows no stub of it.
    Core = Any

PREFIX = "py::"
#: Where perf looks.
FOLDER = "/tmp"
_SECTION_NAMES = b"\0.text\0.symtab\0.strtab\0.shstrtab\0"
_HEADER_SIZE, _SECTION_SIZE, _SYMBOL_SIZE = 64, 64, 24
_NOBITS, _SYMTAB, _STRTAB = 8, 2, 3
_X86_64, _AARCH64 = 62, 183


class Symbols:
    """Told of each code object whose native code was loaded."""

    def __init__(self, core: Core, *, perf: bool, gdb: bool) -> None:
        self._core = core
        self._perf = perf
        self._gdb = gdb
        self._lines: list[str] = []
        if perf:
            # A forked child has its parent's code, and a map of its own.
            os.register_at_fork(after_in_child=lambda: self._write("".join(self._lines)))

    def loaded(self, code: CodeType) -> None:
        region = self._core.code_region(code)
        if region is None:
            return
        address, size = region
        name = symbol_name(code)
        if self._gdb:
            machine, _ = self._core.target()
            self._core.register_symbols(symbol_file(name, address, size, machine))
        if self._perf:
            self._lines.append(f"{address:x} {size:x} {name}\n")
            self._write(self._lines[-1])

    def _write(self, text: str) -> None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW
        try:
            descriptor = os.open(f"{FOLDER}/perf-{os.getpid()}.map", flags, 0o600)
        except OSError:
            self._perf = False
            return
        os.write(descriptor, text.encode("utf-8", "backslashreplace"))
        os.close(descriptor)


def symbol_name(code: CodeType) -> str:
    """The form of the host's own perf support: name, then file."""
    text = f"{PREFIX}{code.co_qualname}:{code.co_filename}"
    return "".join(c if c.isprintable() else "?" for c in text)


def symbol_file(name: str, address: int, size: int, machine: str) -> bytes:
    """An ELF object with one function, whose code lies elsewhere."""
    strings = b"\0" + name.encode("utf-8", "backslashreplace") + b"\0"
    symbols = bytes(_SYMBOL_SIZE) + _symbol(1, size)
    at_symbols = _HEADER_SIZE + 5 * _SECTION_SIZE
    at_strings = at_symbols + len(symbols)
    at_names = at_strings + len(strings)
    sections = [
        bytes(_SECTION_SIZE),
        # Allocated and executable.
        _section(1, _NOBITS, 0x6, address, 0, size, 0, 0, 16, 0),
        _section(7, _SYMTAB, 0, 0, at_symbols, len(symbols), 3, 1, 8, _SYMBOL_SIZE),
        _section(15, _STRTAB, 0, 0, at_strings, len(strings), 0, 0, 1, 0),
        _section(23, _STRTAB, 0, 0, at_names, len(_SECTION_NAMES), 0, 0, 1, 0),
    ]
    head = _header(_AARCH64 if machine == "aarch64" else _X86_64, len(sections))
    return b"".join([head, *sections, symbols, strings, _SECTION_NAMES])


def _header(machine: int, sections: int) -> bytes:
    """Of a relocatable object (System V ABI, chapter 4)."""
    return b"".join(
        [
            b"\x7fELF\x02\x01\x01".ljust(16, b"\0"),
            _numbers(2, 1, machine),
            _numbers(4, 1),
            _numbers(8, 0, 0, _HEADER_SIZE),
            _numbers(4, 0),
            _numbers(2, _HEADER_SIZE, 0, 0, _SECTION_SIZE, sections, sections - 1),
        ]
    )


def _section(name: int, kind: int, *rest: int) -> bytes:
    flags, address, offset, size, link, info, alignment, entry = rest
    head = _numbers(4, name, kind) + _numbers(8, flags, address, offset, size)
    return head + _numbers(4, link, info) + _numbers(8, alignment, entry)


def _symbol(name: int, size: int) -> bytes:
    """A global function at the start of section 1."""
    return _numbers(4, name) + bytes([0x12, 0]) + _numbers(2, 1) + _numbers(8, 0, size)


def _numbers(width: int, *values: int) -> bytes:
    return b"".join(value.to_bytes(width, "little") for value in values)
