"""What may be installed for a package, and how good a choice its files are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from packaging.version import Version

from dx_py.pkg.index.page import FileEntry
from dx_py.pkg.names import NormalizedName

if TYPE_CHECKING:
    from dx_py.pkg.installed import InstalledDistribution


@dataclass(frozen=True, slots=True)
class DirectSource:
    """A requirement by URL or path: ``direct_url`` is the content of direct_url.json.

    ``path`` is the local wheel, sdist or folder; ``editable`` only for folders.
    """

    path: str
    direct_url: dict[str, Any]
    editable: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """One version of one package, or of one extra of it.

    Exactly one of ``wheel``/``sdist`` (either or both), ``installed`` and ``direct`` says
    where it comes from. Files are kept as rows: few of the many are ever looked at.
    """

    name: NormalizedName
    extra: NormalizedName
    version: Version
    wheel_row: list[Any] | None = None
    sdist_row: list[Any] | None = None
    installed: InstalledDistribution | None = None
    direct: DirectSource | None = None
    yanked: str | None = None

    @property
    def identifier(self) -> str:
        return f"{self.name}[{self.extra}]" if self.extra else self.name

    @property
    def wheel(self) -> FileEntry | None:
        return FileEntry.from_row(self.wheel_row) if self.wheel_row else None

    @property
    def sdist(self) -> FileEntry | None:
        return FileEntry.from_row(self.sdist_row) if self.sdist_row else None

    @property
    def best_file(self) -> FileEntry:
        found = self.wheel or self.sdist
        assert found is not None, f"{self} has no file"
        return found

    def __str__(self) -> str:
        return f"{self.identifier} {self.version}"


def with_extra(candidate: Candidate, extra: NormalizedName) -> Candidate:
    """The same files, as a candidate for one of the package's extras."""
    return Candidate(
        candidate.name, extra, candidate.version, candidate.wheel_row, candidate.sdist_row,
        candidate.installed, candidate.direct, candidate.yanked,
    )  # fmt: skip
