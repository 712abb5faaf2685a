"""Change an environment so that a crash leaves the old one or, after recovery, the old one.

Everything new is prepared below ``<state>/txn/new`` on the environment's file system. Then
a journal of renames is written, and the renames are done: what goes away moves to
``txn/old``, what comes moves from ``txn/new``. Renaming ``txn`` to ``undo`` commits.

Whoever next opens the environment and finds a ``txn`` undoes its journal: of each rename
either the source or the target is there, so it is known which were done, and recovery can
itself be interrupted. ``undo`` is the same thing on purpose: ``undo`` becomes ``txn`` again.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dx_py.pkg.errors import EnvironmentProblemError
from dx_py.pkg.install.lock import exclusive

_JOURNAL = "journal"
_MAGIC = "DXJOURNAL2"
_END = "\0\n"


@dataclass(frozen=True, slots=True)
class Rename:
    """``source`` and ``target`` are absolute; ``made`` folders did not exist before.

    Of the two exactly one lies below the transaction's own folder.
    """

    source: str
    target: str


class Transaction:
    """Between `begin` and its end. Nothing in the environment changes before `commit`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.new = folder / "new"
        self.old = folder / "old"
        self._removed: dict[str, None] = {}
        self._removals: list[Rename] = []
        self._staged: list[tuple[Path, Path]] = []

    def stage(self, final: Path) -> Path:
        """The folder whose content will be merged into ``final``."""
        for staged, target in self._staged:
            if target == final:
                return staged
        staged = self.new / str(len(self._staged))
        staged.mkdir()
        self._staged.append((staged, final))
        return staged

    def remove(self, paths: Iterable[str]) -> None:
        """Take these files and folders away; each must exist, none lie in another."""
        for path in paths:
            if path not in self._removed:
                self._removed[path] = None
                self._removals.append(Rename(path, str(self.old / str(len(self._removed)))))

    def is_empty(self) -> bool:
        return not self._removals and not any(
            any(staged.iterdir()) for staged, _ in self._staged
        )

    def renames(self) -> tuple[list[Rename], list[str]]:
        """All renames in order, and the folders to make for them."""
        folders: list[str] = []
        placements: list[Rename] = []
        for staged, final in self._staged:
            placements += self._place(str(staged), str(final), folders)
        return [*self._removals, *placements], folders

    def _place(self, staged: str, final: str, folders: list[str]) -> list[Rename]:
        """Whole folders where nothing is in the way, single files where something is."""
        if not os.path.isdir(final):  # noqa: PTH112
            missing = final
            while not os.path.lexists(os.path.dirname(missing)):  # noqa: PTH120
                missing = os.path.dirname(missing)  # noqa: PTH120
                folders.insert(0, missing)
            folders.append(final)
        found: list[Rename] = []
        for entry in sorted(os.scandir(staged), key=lambda entry: entry.name):
            target = f"{final}/{entry.name}"
            if not self._is_in_the_way(target):
                found.append(Rename(entry.path, target))
            elif entry.is_dir(follow_symlinks=False) and os.path.isdir(target):  # noqa: PTH112
                found += self._place(entry.path, target, folders)
            else:
                self.remove([target])
                found.append(Rename(entry.path, target))
        return found

    def _is_in_the_way(self, path: str) -> bool:
        return path not in self._removed and os.path.lexists(path)


@contextmanager
def begin(state: Path, *, keep_undo: bool = True) -> Iterator[Transaction]:
    """A transaction on the environment with this state folder, alone with it.

    An error inside leaves the environment as it was. At the end it is committed.
    """
    with exclusive(state):
        recover(state)
        folder = state / "txn"
        folder.mkdir()
        transaction = Transaction(folder)
        transaction.new.mkdir()
        transaction.old.mkdir()
        try:
            yield transaction
            if not transaction.is_empty():
                _commit(transaction, state, keep_undo=keep_undo)
        finally:
            recover(state)
    if not keep_undo:
        shutil.rmtree(state, ignore_errors=True)


def _commit(transaction: Transaction, state: Path, *, keep_undo: bool) -> None:
    renames, folders = transaction.renames()
    _write_journal(transaction.folder, renames, folders)
    for folder in folders:
        os.makedirs(folder, exist_ok=True)  # noqa: PTH103
    for rename in renames:
        _rename(rename)
    undo = state / "undo"
    trash = state / "trash"
    if undo.exists():
        undo.rename(trash)
    transaction.folder.rename(undo)
    shutil.rmtree(trash, ignore_errors=True)


def _rename(rename: Rename) -> None:
    try:
        os.rename(rename.source, rename.target)  # noqa: PTH104 - hot
    except OSError as error:
        raise EnvironmentProblemError(
            f"cannot move '{rename.source}' to '{rename.target}': {error.strerror}",
            hint="nothing was changed; are both on one file system, and writable?",
        ) from None


def _write_journal(folder: Path, renames: list[Rename], folders: list[str]) -> None:
    """Records as those of plans, which C writes and reads alike."""
    records = [
        (_MAGIC,),
        *(("R", rename.source, rename.target) for rename in renames),
        *(("D", made) for made in folders),
    ]
    temporary = folder / f"{_JOURNAL}.tmp"
    temporary.write_bytes(os.fsencode("".join("\0".join(record) + _END for record in records)))
    temporary.rename(folder / _JOURNAL)


def recover(state: Path) -> bool:
    """Undo a transaction that was cut short; True if there was one. Needs the lock."""
    folder = state / "txn"
    shutil.rmtree(state / "trash", ignore_errors=True)
    if not folder.exists():
        return False
    journal = _read_journal(folder)
    if journal is not None:
        renames, folders = journal
        for rename in reversed(renames):
            _take_back(rename)
        for made in reversed(folders):
            _remove_if_empty(made)
    shutil.rmtree(folder)
    return True


def settle(state: Path) -> None:
    """Recover if there is anything to recover from; for those who only look."""
    if (state / "txn").exists():
        with exclusive(state):
            recover(state)


def _take_back(rename: Rename) -> None:
    """Of source and target one is there, unless somebody else was at work too."""
    if not os.path.lexists(rename.source) and os.path.lexists(rename.target):
        os.rename(rename.target, rename.source)  # noqa: PTH104


def _remove_if_empty(folder: str) -> None:
    try:
        os.rmdir(folder)  # noqa: PTH106
    except OSError:
        return  # somebody else put something there


def _read_journal(folder: Path) -> tuple[list[Rename], list[str]] | None:
    try:
        text = os.fsdecode((folder / _JOURNAL).read_bytes())
    except FileNotFoundError:
        return None  # the crash came before the first rename
    records = [record.split("\0") for record in text.split(_END)[1:-1]]
    renames = [Rename(*fields) for kind, *fields in records if kind == "R"]
    return renames, [fields[0] for kind, *fields in records if kind == "D"]


def undo(state: Path) -> None:
    """Take back the last committed transaction, byte for byte.

    Raises EnvironmentProblemError where there is none, or something else came in between.
    """
    with exclusive(state):
        recover(state)
        last = state / "undo"
        journal = _read_journal(last) if last.is_dir() else None
        if journal is None:
            raise EnvironmentProblemError(
                "there is nothing to undo in this environment",
                hint="only the last 'install', 'uninstall' or 'sync' can be undone",
            )
        _check_unchanged(_moved(journal[0], state), state)
        last.rename(state / "txn")
        recover(state)


def _moved(renames: list[Rename], state: Path) -> list[Rename]:
    """The journal's renames as they stand now that ``txn`` is called ``undo``."""
    before, now = f"{state / 'txn'}{os.sep}", f"{state / 'undo'}{os.sep}"
    return [
        Rename(each.source.replace(before, now, 1), each.target.replace(before, now, 1))
        for each in renames
    ]


def _check_unchanged(renames: list[Rename], state: Path) -> None:
    own = f"{state}{os.sep}"
    placed = {each.target for each in renames if each.source.startswith(own)}
    for rename in renames:
        lost = not os.path.lexists(rename.target)
        back = os.path.lexists(rename.source) and rename.source not in placed
        if lost or back:
            path = rename.target if rename.source.startswith(own) else rename.source
            raise EnvironmentProblemError(
                f"cannot undo: '{path}' was changed since",
                hint="install what you need by name instead",
            )
