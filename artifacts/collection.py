"""Keeping a store small: count what it holds, drop what was used longest ago.

Functions take the store's layout folder (``ArtifactStore.layout``).

A file's modification time is when it was last used (``store``). Collection needs no lock:
files that two collectors both remove are removed once, and a reader that misses a file
computes it again.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

#: Collect to below the limit, so that the next artifact does not collect again.
KEEP: Final = 0.8
#: Nothing takes this long to write: what is older was left by a process that was killed.
ABANDONED_SECONDS: Final = 3600.0
#: A build folder that nobody used for a month is of a tree that is gone, or made again soon.
IDLE_BUILD_SECONDS: Final = 30 * 86400.0


@dataclass(frozen=True, slots=True)
class StoredFile:
    path: Path
    size: int
    used: float


@dataclass(frozen=True, slots=True)
class Usage:
    objects: int
    object_bytes: int
    actions: int
    action_bytes: int
    index_bytes: int

    @property
    def total_bytes(self) -> int:
        return self.object_bytes + self.action_bytes + self.index_bytes


def usage(layout: Path) -> Usage:
    objects = list(files_in(layout / "objects"))
    actions = list(files_in(layout / "actions"))
    index = list(_entries(layout / "stat"))
    return Usage(len(objects), _total(objects), len(actions), _total(actions), _total(index))


def collect(layout: Path, *, limit: int) -> int:
    """Bring a store below ``limit`` bytes, the least recently used first; bytes freed."""
    remove_abandoned(layout)
    files = [*files_in(layout / "objects"), *files_in(layout / "actions")]
    excess = _total(files) - limit
    if excess <= 0:
        return 0
    freed, wanted = 0, excess + int(limit * (1 - KEEP))
    for file in sorted(files, key=lambda file: (file.used, file.path)):
        if freed >= wanted:
            break
        file.path.unlink(missing_ok=True)
        freed += file.size
    return freed


def clear(layout: Path) -> int:
    """Remove everything but the folders; bytes freed."""
    folders = ("objects", "actions")
    files = [file for name in folders for file in files_in(layout / name)]
    files += [*_entries(layout / "stat"), *_entries(layout / "tmp")]
    for file in files:
        file.path.unlink(missing_ok=True)
    shutil.rmtree(layout / "builds", ignore_errors=True)
    return _total(files)


def folder_bytes(folder: Path) -> int:
    return _total(list(_entries(folder)))


def remove_abandoned(layout: Path) -> None:
    before = time.time() - ABANDONED_SECONDS
    for file in _entries(layout / "tmp"):
        if file.used < before:
            file.path.unlink(missing_ok=True)
    for build in _entries(layout / "builds"):
        if build.used < time.time() - IDLE_BUILD_SECONDS:
            shutil.rmtree(build.path, ignore_errors=True)


def files_in(folder: Path) -> Iterator[StoredFile]:
    """Every file two levels down, of folders and files that may vanish meanwhile."""
    for fan in _scan(folder):
        yield from _entries(Path(fan.path))


def _entries(folder: Path) -> Iterator[StoredFile]:
    for entry in _scan(folder):
        try:
            status = entry.stat(follow_symlinks=False)
        except OSError:
            continue
        yield StoredFile(Path(entry.path), status.st_size, status.st_mtime)


def _scan(folder: Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from entries
    except (FileNotFoundError, NotADirectoryError):
        return


def _total(files: list[StoredFile]) -> int:
    return sum(file.size for file in files)
