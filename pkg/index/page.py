"""One project's page of an index: its files, whatever form the index gave them in.

A page is kept as rows (PEP 691's fields, shortened), so that it goes to and from a cache
without being parsed again. The rows are one JSON text in their artifact: pages of popular
projects have tens of thousands of files, and `json` is written in C.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from dx_py.artifacts.artifact import Artifact, decode_as, digest, encode

WHEEL = ".whl"
_KIND = "pkg-page"
_SCHEMA = 2
_ARCHIVES = (".tar.gz", ".zip", ".tar.bz2", ".tar.xz", ".tgz", ".tar")


class FileEntry(NamedTuple):
    """A distribution file an index offers. A tuple, as so many of them are made.

    ``yanked`` is None or the reason, possibly empty. ``metadata`` is empty where the index
    offers none (PEP 658), else ``true`` or ``algorithm=digest``. ``size`` is 0 if unknown.
    """

    filename: str
    url: str
    hashes: tuple[tuple[str, str], ...] = ()
    requires_python: str = ""
    yanked: str | None = None
    metadata: str = ""
    size: int = 0
    uploaded: str = ""

    @property
    def is_wheel(self) -> bool:
        return self.filename.endswith(WHEEL)

    def to_row(self) -> list[Any]:
        return [
            self.filename, self.url, [list(pair) for pair in self.hashes],
            self.requires_python, self.yanked, self.metadata, self.size, self.uploaded,
        ]  # fmt: skip

    @staticmethod
    def from_row(row: list[Any]) -> FileEntry:
        filename, url, hashes, *rest = row
        return FileEntry(filename, url, tuple(map(tuple, hashes)), *rest)


class PageContent:
    """All files of a page, read out of their bytes only when they are asked for.

    ``digest`` is of these bytes: pages with the same files have the same.
    """

    def __init__(self, digest: str, load: Callable[[], bytes]) -> None:
        self.digest = digest
        self._load = load
        self._entries: list[FileEntry] | None = None

    @staticmethod
    def from_entries(entries: list[FileEntry]) -> tuple[PageContent, bytes]:
        """The content, and the bytes that a cache keeps."""
        data = encode(Artifact(_KIND, _SCHEMA, json.dumps(entries, separators=(",", ":"))))
        content = PageContent(digest(data), lambda: data)
        content._entries = entries
        return content, data

    @property
    def entries(self) -> list[FileEntry]:
        if self._entries is None:
            rows = json.loads(decode_as(self._load(), kind=_KIND, schema=_SCHEMA))
            self._entries = [FileEntry.from_row(row) for row in rows]
        return self._entries


def split_filename(filename: str, project: str) -> tuple[str, str] | None:
    """The version and the wheel tags (empty for an sdist) in a file name, or None.

    ``project`` is the normalised name: an sdist's name may itself hold hyphens.
    """
    if filename.endswith(WHEEL):
        parts = filename[: -len(WHEEL)].split("-")
        if len(parts) == 5:
            return parts[1], "-".join(parts[2:])
        if len(parts) == 6 and parts[2][:1].isdigit():
            return parts[1], "-".join(parts[3:])
        return None
    for suffix in _ARCHIVES:
        if filename.endswith(suffix):
            stem = filename[: -len(suffix)]
            return _sdist_version(stem, project)
    return None


def _sdist_version(stem: str, project: str) -> tuple[str, str] | None:
    from dx_py.pkg.names import normalize

    for position, character in enumerate(stem):
        if character == "-" and normalize(stem[:position]) == project:
            return stem[position + 1 :], ""
    return None
