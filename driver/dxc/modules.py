"""Paths on the command line into the modules they stand for."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dx_py.artifacts.errors import DxError

#: Folders in which no module of a program lies.
_SKIPPED = {"__pycache__", "node_modules"}


@dataclass(frozen=True, slots=True)
class Module:
    """A source file, and its place below the folder that results are written to.

    ``name`` has ``/`` between its parts: ``package/module.py``.
    """

    path: Path
    name: str


def find_modules(paths: Sequence[Path]) -> list[Module]:
    """The modules of files, packages and trees, in order of their names.

    A package keeps its own name above its modules; what lies in any other folder is named
    from that folder. Raises DxError where two files would have one name.
    """
    found: dict[str, Module] = {}
    for path in paths:
        for module in _modules_of(path):
            other = found.setdefault(module.name, module)
            if other.path != module.path:
                raise DxError(
                    f"'{other.path}' and '{module.path}' would both be '{module.name}': "
                    "compile them separately"
                )
    return [found[name] for name in sorted(found)]


def folders_of(paths: Sequence[Path]) -> list[Path]:
    """Every folder in which a new module would be found."""
    return [Path(folder) for path in paths if path.is_dir() for folder, _ in _walk(path)]


def _modules_of(path: Path) -> Iterator[Module]:
    if not path.is_dir():
        yield Module(path, path.name)
        return
    path = Path(os.path.normpath(path))
    is_package = (path / "__init__.py").exists()
    base = path.absolute().parent if is_package else path.absolute()
    for folder, names in _walk(path):
        for name in names:
            file = Path(folder) / name
            name_below = Path(os.path.relpath(file, base)).as_posix()
            yield Module(file, name_below)


def _walk(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Folders in order, each with its Python files in order; links are not followed."""
    for folder, folders, files in os.walk(path):
        folders[:] = sorted(name for name in folders if not _is_skipped(name))
        yield folder, sorted(name for name in files if name.endswith(".py"))


def _is_skipped(name: str) -> bool:
    return name in _SKIPPED or name.startswith(".")
