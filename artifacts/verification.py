"""Reading a whole store again, and removing what is not what it says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dx_py.artifacts.artifact import Digest, decode, digest
from dx_py.artifacts.collection import files_in
from dx_py.artifacts.errors import DxError
from dx_py.artifacts.store import ArtifactStore, decode_action


@dataclass(frozen=True, slots=True)
class Verdict:
    """What ``verify`` found wrong with one file."""

    path: Path
    problem: str


def verify(store: ArtifactStore) -> Iterator[Verdict | None]:
    """Read everything; one item per file, None for a good one. Damaged files are removed."""
    for file in files_in(store.layout / "objects"):
        yield _verdict(file.path, _object_problem(file.path))
    for file in files_in(store.layout / "actions"):
        yield _verdict(file.path, _action_problem(file.path))


def _verdict(path: Path, problem: str | None) -> Verdict | None:
    if problem is None:
        return None
    path.unlink(missing_ok=True)
    return Verdict(path, problem)


def _object_problem(path: Path) -> str | None:
    data = path.read_bytes()
    if digest(data) != _name_of(path):
        return "its content is not what its name says"
    try:
        decode(data)
    except DxError as error:
        return str(error)
    return None


def _action_problem(path: Path) -> str | None:
    return None if decode_action(path.read_bytes(), _name_of(path)) else "damaged entry"


def _name_of(path: Path) -> Digest:
    return Digest(path.parent.name + path.name)
