"""What came of building sdists for their metadata: after one failure no more of a package.

Where a library is missing every version fails, each after minutes. So once a build failed, what
comes after it in order of preference and must be built, too, is no choice any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from packaging.version import Version

from dx_py.pkg.errors import BuildError
from dx_py.pkg.names import NormalizedName
from dx_py.pkg.resolve.candidate import Candidate


@dataclass(slots=True)
class BuildAttempts:
    """``failed`` by package and version; a version may have been read and not failed."""

    failed: dict[NormalizedName, dict[Version, BuildError]] = field(default_factory=dict)
    _read: set[tuple[NormalizedName, Version]] = field(default_factory=set)

    def succeeded(self, candidate: Candidate) -> None:
        self._read.add((candidate.name, candidate.version))

    def note_failure(self, candidate: Candidate, error: BuildError) -> None:
        self.failed.setdefault(candidate.name, {})[candidate.version] = error

    def error_behind(self, candidate: Candidate) -> BuildError | None:
        """Why it is no choice: its own failure, or that of one before it."""
        of_name = self.failed.get(candidate.name, {})
        return of_name.get(candidate.version) or next(iter(of_name.values()), None)

    def hopeless(self, universe: Sequence[Candidate]) -> int:
        """The candidates of one package that are no choice any more, as a mask."""
        failed = self.failed.get(universe[0].name, {})
        mask, is_after = 0, False
        for index, candidate in enumerate(universe):
            is_after = is_after or candidate.version in failed
            if is_after and self._must_be_built(candidate):
                mask |= 1 << index
        return mask

    def _must_be_built(self, candidate: Candidate) -> bool:
        has_more = candidate.wheel_row or candidate.installed or candidate.direct
        return not has_more and (candidate.name, candidate.version) not in self._read
