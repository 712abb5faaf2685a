"""Whether a folder may be trusted, and how to make one that may."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from dx_py.artifacts.errors import DxError


class UntrustedFolderError(DxError):
    """A folder in which somebody else could have put what we would run."""


def check_trusted(folder: Path) -> None:
    """Raises UntrustedFolderError if another user could change what ``folder`` holds.

    Every component, of the path as given and of what its links lead to, must belong to the
    user or to root, and neither group nor others may write to it. A root-owned folder with
    the sticky bit (/tmp) passes: nobody can rename or remove another's folder in it. What
    does not exist yet is for us to create. Without POSIX owners everything passes.
    """
    if not hasattr(os, "getuid"):
        return
    trusted = {0, os.getuid()}
    for component in _components(folder):
        try:
            found = component.lstat()
        except FileNotFoundError:
            continue
        if found.st_uid not in trusted:
            raise UntrustedFolderError(f"'{component}' belongs to another user")
        if not stat.S_ISLNK(found.st_mode) and _others_may_write(found):
            raise UntrustedFolderError(
                f"group or others may write to '{component}': "
                f"run 'chmod go-w {component}' or set DX_CACHE_DIR to another folder"
            )


def _others_may_write(found: os.stat_result) -> bool:
    sticky = found.st_uid == 0 and found.st_mode & stat.S_ISVTX
    return bool(found.st_mode & 0o022) and not sticky


def _components(folder: Path) -> Iterator[Path]:
    given = folder.absolute()
    real = given.resolve()
    yield from (real, *real.parents)
    if given != real:
        yield from (given, *given.parents)


def make_private(folder: Path) -> None:
    """Create ``folder`` and its missing parents, each open to the user alone."""
    if folder.is_dir():
        return
    make_private(folder.parent)
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        if not folder.is_dir():
            raise
