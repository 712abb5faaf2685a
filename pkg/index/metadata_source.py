"""The metadata of a file on an index: kept, beside the file (PEP 658), or out of the wheel."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path

from dx_py.artifacts.artifact import Artifact, decode_as, encode
from dx_py.artifacts.errors import DxError
from dx_py.pkg.errors import HashMismatchError, MetadataError, NetworkError, NotFoundError
from dx_py.pkg.index.fetcher import Fetcher, Transfer
from dx_py.pkg.index.links import local_path
from dx_py.pkg.index.page import FileEntry
from dx_py.pkg.index.transport import Request, Response, TransportFailure
from dx_py.pkg.metadata import Metadata, parse_metadata
from dx_py.pkg.store_paths import save, spread

_KIND = "pkg-metadata"
_SCHEMA = 1


@dataclass(slots=True, eq=False)
class _Job:
    """A generator that yields requests, driven by their answers; ``result`` when it is done."""

    steps: Generator[Request, Response, bytes]
    entry: FileEntry
    then: Callable[[Metadata], None] | None
    transfer: Transfer | None = None
    result: Metadata | None = None
    error: Exception | None = None


@dataclass(slots=True)
class MetadataSource:
    """Metadata by file; what `start` began goes on while others are waited for."""

    fetcher: Fetcher
    store: Path
    _known: dict[str, Metadata] = field(default_factory=dict)
    _jobs: dict[str, _Job] = field(default_factory=dict)

    def start(
        self, entry: FileEntry, project: str, then: Callable[[Metadata], None] | None = None
    ) -> None:
        """Begin to fetch a wheel's metadata; ``then`` is called once, when it is there."""
        if entry.url in self._known or entry.url in self._jobs or local_path(entry.url):
            return
        kept = self._load(entry)
        if kept is None:
            job = self._jobs[entry.url] = _Job(_requests(entry, project), entry, then)
            self._advance(job, None)
            return
        self._known[entry.url] = kept
        if then is not None:
            then(kept)

    def wheel_metadata(self, entry: FileEntry, project: str) -> Metadata:
        """Raises MetadataError, NetworkError or HashMismatchError."""
        known = self._known.get(entry.url) or self._load(entry)
        if known is None:
            known = self._read(entry, project)
        self._known[entry.url] = known
        return known

    def keep(self, entry: FileEntry, metadata: Metadata) -> None:
        path = local_path(entry.url)
        if path is None or entry.hashes:
            data = encode(Artifact(_KIND, _SCHEMA, metadata.to_row()))
            save(self._path(entry), data, store=self.store)

    def known(self, entry: FileEntry) -> Metadata | None:
        """What was kept for a file, an sdist for instance."""
        return self._known.get(entry.url) or self._load(entry)

    def _read(self, entry: FileEntry, project: str) -> Metadata:
        path = local_path(entry.url)
        if path is not None:
            from dx_py.pkg.index.remote_wheel import read_from_wheel

            data = read_from_wheel(str(path), project, entry.filename)
            return parse_metadata(data, origin=entry.filename)
        self.start(entry, project)
        job = self._jobs[entry.url]
        while job.result is None and job.error is None:
            assert job.transfer is not None
            self._settle(job)
        if job.error is not None:
            raise job.error
        assert job.result is not None
        return job.result

    def _settle(self, job: _Job) -> None:
        transfer = job.transfer
        assert transfer is not None
        try:
            self.fetcher.wait(transfer)
        except NetworkError as error:
            if job.transfer is transfer and job.result is None and job.error is None:
                job.error = error

    def _advance(self, job: _Job, answer: Response | Exception | None) -> None:
        try:
            if answer is None:
                request = next(job.steps)
            elif isinstance(answer, Exception):
                request = job.steps.throw(answer)
            else:
                request = job.steps.send(answer)
        except StopIteration as done:
            self._finish(job, done.value)
        except (DxError, zlib.error) as error:
            job.error = error
        else:
            job.transfer = self.fetcher.start(request, lambda t: self._continue(job, t))

    def _finish(self, job: _Job, data: bytes) -> None:
        job.result = parse_metadata(data, origin=job.entry.filename)
        self.keep(job.entry, job.result)
        if job.then is not None:
            job.then(job.result)

    def _continue(self, job: _Job, transfer: Transfer) -> None:
        outcome = transfer.outcome
        if isinstance(outcome, TransportFailure) or outcome is None:
            return  # `wait` words the failure
        if outcome.status in (200, 206):
            self._advance(job, outcome)
        elif outcome.status in (404, 416, 501):
            error = NotFoundError(f"{transfer.request.url}: status {outcome.status}")
            self._advance(job, error)

    def _load(self, entry: FileEntry) -> Metadata | None:
        try:
            data = self._path(entry).read_bytes()
            return Metadata.from_row(decode_as(data, kind=_KIND, schema=_SCHEMA))
        except (OSError, DxError, ValueError, TypeError):
            return None

    def _path(self, entry: FileEntry) -> Path:
        identity = "=".join(entry.hashes[0]) if entry.hashes else entry.url
        name = hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()
        return spread(f"{self.store}/metadata", name)


def _requests(entry: FileEntry, project: str) -> Generator[Request, Response, bytes]:
    """PEP 658 where the index offers it; ranges of the wheel where not, or where it lied."""
    if entry.metadata:
        try:
            answer = yield Request(f"{entry.url}.metadata")
        except NotFoundError:
            pass
        else:
            return _checked(answer.body, entry)
    from dx_py.pkg.index.remote_wheel import fetch_metadata, read_from_wheel

    try:
        return (yield from fetch_metadata(entry.url, project, entry.size))
    except NotFoundError:
        pass  # 416 and 501: this server has no suffix ranges
    answer = yield Request(entry.url)
    import io

    return read_from_wheel(io.BytesIO(answer.body), project, entry.filename)


def _checked(body: bytes, entry: FileEntry) -> bytes:
    algorithm, equals, wanted = entry.metadata.partition("=")
    if equals:
        if algorithm not in hashlib.algorithms_available:
            raise MetadataError(f"{entry.url}.metadata has an unknown hash {algorithm!r}")
        found = hashlib.new(algorithm, body, usedforsecurity=False).hexdigest()
        if found != wanted.lower():
            raise HashMismatchError(
                f"{entry.url}.metadata has {algorithm} {found}; the index says {wanted}"
            )
    return body
