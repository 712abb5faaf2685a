"""Candidates to stored wheels: found in the store, downloaded side by side, or built."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from dx_py.pkg.errors import HashMismatchError, PkgError
from dx_py.pkg.index.fetcher import Fetcher, Transfer
from dx_py.pkg.index.links import local_path
from dx_py.pkg.index.page import FileEntry
from dx_py.pkg.index.transport import Request, Response
from dx_py.pkg.install.wheel_store import (
    StoredWheel,
    WheelStore,
    check_hashes,
    sha256_of,
)
from dx_py.pkg.names import NormalizedName
from dx_py.pkg.resolve.candidate import Candidate

Hashes = dict[str, frozenset[str]]


@dataclass(slots=True, eq=False)
class _Download:
    entry: FileEntry
    folder: Path
    transfer: Transfer
    #: An earlier run had fetched the beginning.
    is_continued: bool

    @property
    def path(self) -> Path:
        return self.folder / self.entry.filename


@dataclass(slots=True)
class Acquirer:
    """``hashes`` are those the user allows, by name."""

    fetcher: Fetcher
    wheels: WheelStore
    hashes: dict[NormalizedName, Hashes] = field(default_factory=dict)

    def acquire(
        self, candidates: Iterable[Candidate], build: Callable[[Candidate], Path]
    ) -> dict[NormalizedName, StoredWheel]:
        """``build`` makes a wheel of a candidate without one, and names its file.

        Raises HashMismatchError, NetworkError, BuildError or HostileArchiveError."""
        wanted = list(candidates)
        downloads: dict[NormalizedName, _Download] = {}
        found: dict[NormalizedName, StoredWheel] = {}
        try:
            for candidate in wanted:
                stored = self.stored(candidate)
                if stored is not None:
                    found[candidate.name] = stored
                elif candidate.wheel is not None and local_path(candidate.wheel.url) is None:
                    downloads[candidate.name] = self._start(candidate.wheel)
            for candidate in wanted:
                if candidate.name not in found:
                    found[candidate.name] = self._get(candidate, downloads, build)
        finally:
            for download in downloads.values():
                self._leave(download)
        return found

    def file_of(self, entry: FileEntry, folder: Path, name: NormalizedName) -> Path:
        """The file itself, checked, in ``folder`` (or where it lies, if it is local)."""
        local = local_path(entry.url)
        if local is not None:
            self._check(local, entry, name)
            return local
        path = folder / entry.filename
        self.fetcher.get(Request(entry.url, target=str(path)))
        self._check(path, entry, name)
        return path

    def stored(self, candidate: Candidate) -> StoredWheel | None:
        """What needs no network and no build."""
        digest = _sha256(candidate.wheel)
        allowed = self.hashes.get(candidate.name, {}).get("sha256")
        if not digest or (candidate.name in self.hashes and digest not in (allowed or ())):
            return None
        return self.wheels.find(digest)

    def _start(self, entry: FileEntry) -> _Download:
        folder = self.wheels.scratch()
        path, digest = folder / entry.filename, _sha256(entry)
        is_continued = bool(digest) and self.wheels.take_partial(digest, path)
        # Without a hash to check it by, two halves may be of two files.
        request = Request(entry.url, target=str(path), resumes=bool(digest))
        return _Download(entry, folder, self.fetcher.start(request), is_continued)

    def _leave(self, download: _Download) -> None:
        """Keep what arrived of a file that did not arrive whole."""
        digest = _sha256(download.entry)
        if digest and not isinstance(download.transfer.outcome, Response):
            self.wheels.keep_partial(digest, download.path)
        shutil.rmtree(download.folder, ignore_errors=True)

    def _get(
        self,
        candidate: Candidate,
        downloads: dict[NormalizedName, _Download],
        build: Callable[[Candidate], Path],
    ) -> StoredWheel:
        if candidate.wheel is None:
            return self.wheels.add(build(candidate), candidate.name)
        download = downloads.get(candidate.name)
        if download is None:
            path = local_path(candidate.wheel.url)
            assert path is not None
        else:
            path = self._wait(download)
        self._check(path, candidate.wheel, candidate.name)
        return self.wheels.add(path, candidate.name, _sha256(candidate.wheel))

    def _wait(self, download: _Download) -> Path:
        self.fetcher.wait(download.transfer)
        digest = _sha256(download.entry)
        if download.is_continued and sha256_of(download.path) != digest:
            # What was kept was not this file's beginning.
            self.fetcher.get(Request(download.entry.url, target=str(download.path)))
        return download.path

    def _check(self, path: Path, entry: FileEntry, name: NormalizedName) -> None:
        """Against the requirements' hashes if there are any, and against the index's."""
        try:
            check_hashes(path, self.hashes.get(name, {}), entry.filename)
            index = {algorithm: frozenset((value,)) for algorithm, value in entry.hashes[:1]}
            check_hashes(path, index, entry.filename)
        except FileNotFoundError:
            raise PkgError(
                f"'{path}' is named by an index but is not there",
                hint="is the folder of --find-links or of the file:// index complete?",
            ) from None


def _sha256(entry: FileEntry | None) -> str:
    return dict(entry.hashes).get("sha256", "") if entry is not None else ""


def require_hashes(
    candidates: Iterable[Candidate], hashes: dict[NormalizedName, Hashes]
) -> None:
    """``--require-hashes``: raises HashMismatchError for whatever came without one."""
    for candidate in candidates:
        if candidate.name not in hashes and candidate.installed is None:
            raise HashMismatchError(
                f"{candidate.name}=={candidate.version} has no hash, and hashes are required "
                "of everything as soon as one requirement has one",
                hint=f"add it with its hash: 'dx-py pip hash' prints it for a file of "
                f"{candidate.name}",
            )
