"""A file that an index offers, and what its name says."""

from __future__ import annotations

from typing import Any, NamedTuple

WHEEL = ".whl"
#: What file systems take.
_LONGEST_NAME = 255
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


def split_filename(filename: str, project: str) -> tuple[str, str] | None:
    """The version and the wheel tags (empty for an sdist) in a file name, or None.

    ``project`` is the normalised name: an sdist's name may itself hold hyphens.
    """
    if len(filename) > _LONGEST_NAME:
        return None
    if filename.endswith(WHEEL):
        parts = filename[: -len(WHEEL)].split("-", 2)
        if len(parts) == 3 and parts[2].count("-") == 2:
            return parts[1], parts[2]
        parts = filename[: -len(WHEEL)].split("-")
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
