"""The files and folders that a process in memory was made from, and whether they are the same.

An entry is the stamps of a file (its digest where it is too young for stamps to tell), the
names in a folder, or that nothing is there. Of folders that are only searched for modules, as
the project's is, those names count that would be found in place of a module in memory.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import time
from collections.abc import Iterable
from typing import Optional, Union

from ..index import IGNORED_NAMES, TICK_NS, YOUNG_NS, is_installed

#: Stamps of a file, or the digest of one that is too young for them; None: it is not there.
Stamp = Optional[Union[tuple[int, ...], str]]
# Neither files of the project nor of its environment.
UNREAL = ("/proc/", "/dev/", "/sys/")
# The one that is not watched by a Recorder.
plain_stat = os.stat


class ChangedMeanwhileError(Exception):
    """An input changed while it was being read."""


class Inputs:
    """A snapshot, taken once the process has read them."""

    def __init__(
        self, files: Iterable[str], folders: Iterable[str], started_ns: int | None
    ) -> None:
        """``started_ns``: when reading began; None if older states are known not to matter."""
        watched = filter(is_watched, {*files, *module_files()})
        self.files = {path: stamp_of(path) for path in watched}
        searched = import_folders()
        installed = (path for path in searched if is_installed(path + os.sep))
        watched = filter(is_watched, {*folders, *installed})
        self.folders = {path: names_of(path) for path in watched}
        self.modules = {name.partition(".")[0] for name in list(sys.modules)}
        self.searched = {
            path: self.rivals_in(path) for path in searched if path not in self.folders
        }
        if started_ns is not None:
            self.refuse_newer(started_ns - TICK_NS)

    def refuse_newer(self, moment_ns: int) -> None:
        """Raise ``ChangedMeanwhileError`` for a file whose older state may be in memory."""
        for path in self.files:
            stamp = stamp_now(path)
            if stamp is not None and max(stamp[3:], default=0) > moment_ns:
                raise ChangedMeanwhileError(path)

    def changed(self) -> str | None:
        """The first input that is not what it was."""
        for path, stamp in self.files.items():
            if now_like(path, stamp) != stamp:
                return path
        for path, names in self.folders.items():
            if names_of(path) != names:
                return path
        for path, names in self.searched.items():
            if self.rivals_in(path) != names:
                return path
        return None

    def rivals_in(self, path: str) -> tuple[str, ...] | None:
        names = names_of(path)
        if names is None:
            return None
        return tuple(name for name in names if name.partition(".")[0] in self.modules)


def module_files() -> set[str]:
    found = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    return {os.path.abspath(path) for path in found if isinstance(path, str)}


def import_folders() -> set[str]:
    return {os.path.abspath(path) for path in sys.path}


def is_watched(path: str) -> bool:
    return not path.startswith(UNREAL) and IGNORED_NAMES.isdisjoint(path.split(os.sep))


def now_like(path: str, stamp: Stamp) -> Stamp:
    """What can be compared with ``stamp``."""
    return digest_of(path) if isinstance(stamp, str) else stamp_now(path)


def is_as_it_was(path: str, stamp: Stamp) -> bool:
    """Whether the file is there, as it was when it had this stamp."""
    return stamp is not None and now_like(path, stamp) == stamp


def stamp_of(path: str) -> Stamp:
    """The stamps, or the digest of a file that may change again without their changing."""
    stamp = stamp_now(path)
    young = stamp is not None and max(stamp[3:], default=0) > time.time_ns() - YOUNG_NS
    return digest_of(path) if young else stamp


def stamp_now(path: str) -> tuple[int, ...] | None:
    try:
        found = plain_stat(path)
    except OSError:
        return None
    if not stat.S_ISREG(found.st_mode):
        return (found.st_mode,)
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def digest_of(path: str) -> str | None:
    try:
        with open(path, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()
    except OSError:
        return None


def names_of(path: str) -> tuple[str, ...] | None:
    try:
        return tuple(sorted(name for name in os.listdir(path) if name not in IGNORED_NAMES))
    except OSError:
        return None
