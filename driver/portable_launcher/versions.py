"""Interpreters by version: in environments, on PATH, and those that pyenv, uv or an installer
of the system keeps."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

WINDOWS = os.name == "nt"
BIN = "Scripts" if WINDOWS else "bin"
NAMES = ("python.exe",) if WINDOWS else ("python", "python3")


def python_in(folder: str) -> str | None:
    """The interpreter of an environment or an installation."""
    places = [BIN, ""] if WINDOWS else [BIN]
    for place in places:
        for name in NAMES:
            path = os.path.join(folder, place, name)  # noqa: PTH118 - as the user wrote it
            if is_program(path):
                return path
    return None


def is_program(path: str) -> bool:
    return Path(path).is_file() and os.access(path, os.X_OK)


def is_version(text: str) -> bool:
    return re.fullmatch(r"[0-9][0-9.]*", text, re.ASCII) is not None


def environment_has_version(folder: str, version: str) -> bool:
    """Whether the environment's pyvenv.cfg, or conda's record, says it has such a version."""
    return any(has_version(found, version) for found in _recorded_versions(folder))


def _recorded_versions(folder: str) -> Iterator[str]:
    try:
        text = Path(folder, "pyvenv.cfg").read_text(encoding="utf-8", errors="replace")
    except OSError:
        for record in Path(folder, "conda-meta").glob("python-*"):
            yield record.name.removeprefix("python-")
        return
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if equals and name.startswith("version"):
            yield value.lstrip(" \t")


def has_version(text: str, version: str) -> bool:
    """Whether ``text`` begins with ``version``, so that 3.1 is not found in 3.12."""
    return text.startswith(version) and not text[len(version) : len(version) + 1].isdigit()


def find_version(version: str) -> str | None:
    """The newest interpreter of a version."""
    path = _on_path(f"python{version}")
    if path is not None:
        return path
    found = [row for row in _shelved() if has_version(row[0], version)]
    return python_in(max(found, key=lambda row: _numbers(row[0]))[1]) if found else None


def known_versions() -> str:
    numbers = {re.match(r"[0-9.]*", version, re.ASCII)[0] for version, _ in _shelved()}  # type: ignore[index]
    return ", ".join(sorted(numbers, key=_numbers)) or "none"


def _numbers(version: str) -> list[int]:
    digits = re.match(r"[0-9]+(\.[0-9]+)*", version, re.ASCII)
    return [int(number) for number in digits[0].split(".")] if digits else []


def _on_path(name: str) -> str | None:
    """pyenv's shims are passed over: they start a shell, which then chooses by itself."""
    folders = os.environ.get("PATH", "").split(os.pathsep)
    search = os.pathsep.join(folder for folder in folders if Path(folder).name != "shims")
    return shutil.which(name, path=search)


def _shelved() -> Iterator[tuple[str, str]]:
    """Version and folder of every interpreter in the folders that hold one folder a version."""
    home = Path(setting("HOME") or Path.home())
    data = Path(setting("XDG_DATA_HOME") or home / ".local/share")
    pyenv = Path(setting("PYENV_ROOT") or home / ".pyenv")
    uv = Path(setting("UV_PYTHON_INSTALL_DIR") or data / "uv/python")
    system = Path("/Library/Frameworks/Python.framework/Versions")
    for shelf, prefix in ((pyenv / "versions", ""), (uv, "cpython-"), (system, "")):
        for folder in sorted(shelf.glob(f"{prefix}[0-9]*")):
            if python_in(str(folder)):
                yield folder.name.removeprefix(prefix), str(folder)


def setting(name: str) -> str | None:
    """The value of an environment variable; None also where it is empty."""
    return os.environ.get(name) or None
