"""An extension module that does not load: which symbols it misses, what its file name expects.

ELF only: symbols are those of the dynamic symbol table (System V ABI, chapter 5) that neither
the process nor a library which the file names has.
"""

from __future__ import annotations

import ctypes
import glob
import os
import struct
import sys
import sysconfig
from collections.abc import Callable, Iterator
from types import ModuleType

_SECTION = struct.Struct("<IIQQQQIIQQ")
_SYMBOL = struct.Struct("<IBBHQQ")
_DYNAMIC = struct.Struct("<qQ")
_DYNAMIC_TABLE, _DYNAMIC_SYMBOLS = 6, 11
_NEEDED, _WEAK = 1, 2


def rule(load: Callable[[str], ModuleType]) -> Callable[[ImportError], Iterator[str]]:
    def hints(error: ImportError) -> Iterator[str]:
        if isinstance(error, ModuleNotFoundError):
            if error.name:
                yield from _other_builds(error.name)
        elif error.path and _is_extension(error.path):
            yield from _unloadable(error.path)

    return hints


def _is_extension(path: str) -> bool:
    return path.endswith((".so", ".pyd", ".dylib")) and os.path.isfile(path)


def _unloadable(path: str) -> Iterator[str]:
    missing = missing_symbols(path)
    if missing:
        shown = ", ".join(missing)
        yield f"{path} needs {len(missing)} symbols that are not there: {shown}"
    built = built_for(os.path.basename(path))
    if built:
        yield f"by its name it is built for {built}; this is {_this()}"


def _other_builds(name: str) -> Iterator[str]:
    """Files of the module that are there, for another interpreter or platform."""
    parent, _, last = name.rpartition(".")
    package = sys.modules.get(parent) if parent else None
    folders = getattr(package, "__path__", ()) if parent else sys.path
    for folder in folders:
        for path in sorted(glob.glob(f"{glob.escape(folder or '.')}/{glob.escape(last)}.*.*")):
            built = built_for(os.path.basename(path)) if _is_extension(path) else ""
            if built:
                yield f"{path} is built for {built}; this is {_this()}"


def built_for(filename: str) -> str:
    """What the tag in an extension's file name says; "" where there is none."""
    parts = filename.split(".")
    tag = parts[1] if len(parts) > 2 else ""
    if tag.startswith("abi3"):
        return "the stable ABI of CPython 3 ('abi3')"
    kind, _, rest = tag.partition("-")
    version, _, platform = rest.partition("-")
    if kind != "cpython" or not version[:2].isdigit():
        return ""
    flags = version.lstrip("0123456789")
    digits = version[: len(version) - len(flags)]
    shown = f"CPython {digits[0]}.{digits[1:]}"
    shown += {"d": " (debug)", "t": " (free-threaded)"}.get(flags, "")
    return f"{shown} on {platform}" if platform else shown


def _this() -> str:
    platform = sysconfig.get_config_var("MULTIARCH") or sys.platform
    return f"CPython {sys.version_info.major}.{sys.version_info.minor} on {platform}"


def missing_symbols(path: str) -> list[str]:
    """In order; empty for a file that is no ELF object."""
    with open(path, "rb") as file:
        data = file.read()
    if data[:6] != b"\x7fELF\x02\x01":
        return []
    names, needed = _undefined(data)
    libraries = [ctypes.CDLL(None), *_libraries(needed)]
    missing = {name for name in names if not any(_has(library, name) for library in libraries)}
    return sorted(missing)


def _undefined(data: bytes) -> tuple[list[str], list[str]]:
    """Names of undefined symbols that are not weak, and of the libraries they may be in."""
    (table,) = struct.unpack_from("<Q", data, 0x28)
    (count,) = struct.unpack_from("<H", data, 0x3C)
    sections = [_SECTION.unpack_from(data, table + 64 * index) for index in range(count)]
    names: list[str] = []
    needed: list[str] = []
    for _, kind, _, _, offset, size, link, *_ in sections:
        content = data[offset : offset + size]
        if kind == _DYNAMIC_SYMBOLS:
            for name, info, _, section, _, _ in _SYMBOL.iter_unpack(content):
                if name and section == 0 and info >> 4 != _WEAK:
                    names.append(_string(data, sections[link][4] + name))
        elif kind == _DYNAMIC_TABLE:
            for tag, value in _DYNAMIC.iter_unpack(content):
                if tag == _NEEDED:
                    needed.append(_string(data, sections[link][4] + value))
    return names, needed


def _string(data: bytes, offset: int) -> str:
    return data[offset : data.index(b"\0", offset)].decode("ascii", "replace")


def _libraries(names: list[str]) -> Iterator[ctypes.CDLL]:
    for name in names:
        try:
            yield ctypes.CDLL(name)
        except OSError:
            continue


def _has(library: ctypes.CDLL, name: str) -> bool:
    try:
        library[name]
    except AttributeError:
        return False
    return True
