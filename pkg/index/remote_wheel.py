"""METADATA out of a wheel on a server, by range requests: the end of the file, rarely more.

`zipfile` reads a sparse file that raises when it meets a hole; the hole is fetched, and the
reading begins again. It is given the metadata alone where the directory is a plain one
(`wheel_directory`): it makes an object of each entry, and does so each time.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Generator

from dx_py.pkg.errors import MetadataError
from dx_py.pkg.index.transport import Request, Response
from dx_py.pkg.index.wheel_directory import (
    Directory,
    archive_of,
    directory_of,
    find_members,
)
from dx_py.pkg.names import normalize

#: Most wheels have their metadata and directory in the last so many bytes.
_TAIL = 20_000
_ROUNDS = 8
_METADATA_LIMIT = 16 << 20


class _HoleError(Exception):
    def __init__(self, start: int, end: int) -> None:
        super().__init__(start, end)
        self.start = start
        self.end = end


class _SparseFile(io.RawIOBase):
    """``size`` bytes of which some chunks are known."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size = size
        self._position = 0
        self._chunks: list[tuple[int, bytes]] = []

    def add(self, start: int, data: bytes) -> None:
        self._chunks.append((start, data))

    def part(self, start: int, end: int) -> bytes:
        """Raises _HoleError where not all of it is known."""
        self.seek(start)
        return self.read(max(0, end - start))

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = base + offset
        if self._position < 0:
            raise OSError("negative seek position")
        return self._position

    def read(self, size: int | None = -1) -> bytes:
        start = self._position
        wanted = self._size - start if size is None or size < 0 else size
        end = min(start + wanted, self._size)
        if end <= start:
            return b""
        for base, data in self._chunks:
            if base <= start and end <= base + len(data):
                self._position = end
                return data[start - base : end - base]
        raise _HoleError(start, end)


def fetch_metadata(url: str, project: str, size: int) -> Generator[Request, Response, bytes]:
    """Yields requests, is sent their answers, returns the bytes of METADATA.

    ``size`` is the file's if the index told it, else 0. Raises MetadataError for what is no
    wheel of ``project``.
    """
    tail = min(size, _TAIL) if size else _TAIL
    answer = yield _range(url, f"-{tail}")
    if answer.status == 200:
        return read_from_wheel(io.BytesIO(answer.body), project, url)
    start, total = _content_range(answer, url)
    file = _SparseFile(total)
    file.add(start, answer.body)
    directory = directory_of(answer.body, total)
    for _ in range(_ROUNDS):
        file.seek(0)
        try:
            archive = _without_others(file, directory) if directory else None
            return read_from_wheel(archive or file, project, url)
        except _HoleError as hole:
            answer = yield _range(url, f"{hole.start}-{hole.end - 1}")
            file.add(hole.start, answer.body[: hole.end - hole.start])
    raise MetadataError(f"{url}: no end to the parts that are needed of this archive")


def _without_others(file: _SparseFile, directory: Directory) -> io.BytesIO | None:
    """The archive with its METADATA alone; None where it has none, or not just one."""
    entries = file.part(directory.start, directory.start + directory.size)
    members = find_members(entries, b".dist-info/METADATA", directory.start)
    if members is None or len(members) != 1:
        return None
    (member,) = members
    archive = archive_of(member, file.part(member.start, member.end))
    return io.BytesIO(archive) if archive else None


def _range(url: str, value: str) -> Request:
    return Request(url, (("Range", f"bytes={value}"),))


def _content_range(answer: Response, url: str) -> tuple[int, int]:
    """``bytes 100-199/200`` gives 100 and 200."""
    unit, _, rest = answer.headers.get("content-range", "").partition(" ")
    span, _, total = rest.partition("/")
    start = span.partition("-")[0]
    if unit != "bytes" or not start.isdigit() or not total.isdigit():
        raise MetadataError(f"{url}: the server's Content-Range is {rest!r}")
    return int(start), int(total)


def read_from_wheel(file: io.RawIOBase | io.BytesIO | str, project: str, origin: str) -> bytes:
    """The bytes of METADATA; raises MetadataError for what is no wheel of ``project``."""
    try:
        with zipfile.ZipFile(file) as archive:
            name = _metadata_name(archive.namelist(), project, origin)
            if archive.getinfo(name).file_size > _METADATA_LIMIT:
                raise MetadataError(f"{origin}: its metadata is over 16 MB")
            return archive.read(name)
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError) as error:
        raise MetadataError(f"{origin} is no wheel: {error}") from None


def _metadata_name(names: list[str], project: str, origin: str) -> str:
    for name in names:
        folder, slash, rest = name.partition("/")
        if slash and rest == "METADATA" and folder.endswith(".dist-info"):
            stem = folder.removesuffix(".dist-info").rpartition("-")[0]
            if normalize(stem) == project:
                return name
    raise MetadataError(f"{origin} is no wheel of {project}: it has no METADATA for it")
