"""Pointer files: what an edge of the build graph gives, as names of artifacts in the store.

    ast 0f3c...
    code 91aa...

One line for each artifact: its role and its digest. A pointer file is written only when its
text changes, so that what depends on it does not run for nothing (ninja's ``restat``), and it
is dirty when the store no longer holds what it names.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path

from dx_py.artifacts.artifact import Digest
from dx_py.artifacts.store import ArtifactStore


def write_pointer(path: Path, digests: Mapping[str, Digest]) -> bool:
    """Whether the file changed. Roles hold no white space."""
    lines = [f"{role} {name}\n" for role, name in sorted(digests.items())]
    return write_if_changed(path, "".join(lines))


def read_pointer(path: Path) -> dict[str, Digest] | None:
    """Role -> digest, or None when the file is not there or is no pointer."""
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    pairs = [line.split(" ") for line in lines]
    if not all(len(pair) == 2 and len(pair[1]) == 64 for pair in pairs):
        return None
    return {role: Digest(name) for role, name in pairs}


def is_dirty(path: Path, store: ArtifactStore, *, roles: Collection[str]) -> bool:
    """Whether the pointer is missing, lacks one of its ``roles``, or names what the store does
    not hold any more."""
    digests = read_pointer(path)
    if digests is None or digests.keys() != set(roles):
        return True
    return not all(map(store.contains, digests.values()))


def write_if_changed(path: Path, text: str) -> bool:
    """Replace the file unless it already holds ``text``; whether it was replaced."""
    data = text.encode()
    try:
        if path.read_bytes() == data:
            return False
    except OSError:
        path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    return True
