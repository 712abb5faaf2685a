"""Candidates and their metadata from the catalog, with what comes next already under way.

When a page arrives, the metadata of its most likely candidate is asked for; when that
arrives, the pages of what it needs. The resolver finds most of it there when it asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from packaging.specifiers import SpecifierSet

from dx_py.artifacts.errors import DxError
from dx_py.pkg.index.catalog import Catalog
from dx_py.pkg.index.metadata_source import MetadataSource
from dx_py.pkg.metadata import Metadata
from dx_py.pkg.names import NormalizedName
from dx_py.pkg.resolve.candidate import Candidate
from dx_py.pkg.resolve.conditions import NEVER
from dx_py.pkg.resolve.evaluated_pages import EvaluatedPages, Found
from dx_py.pkg.resolve.evaluation import FileRules, evaluate
from dx_py.pkg.resolve.requirement import (
    Requirement,
    exact_version,
    from_metadata,
    needs_another_extra,
    split,
)
from dx_py.pkg.resolve.target import Target


@dataclass(slots=True)
class Finder:
    """``build_metadata`` makes an sdist's metadata, ``direct_metadata`` a direct reference's.

    ``follow``: look ahead at what candidates need.
    """

    catalog: Catalog
    metadata_source: MetadataSource
    rules: FileRules
    target: Target
    build_metadata: Callable[[Candidate], Metadata]
    direct_metadata: Callable[[Candidate], Metadata]
    prereleases: bool = False
    follow: bool = True
    _found: dict[tuple[NormalizedName, str], Found] = field(default_factory=dict)
    _announced: dict[NormalizedName, SpecifierSet] = field(default_factory=dict)
    _pages: EvaluatedPages = field(init=False)

    def __post_init__(self) -> None:
        self._pages = EvaluatedPages(self.metadata_source.store, self.rules)

    def candidates(self, name: NormalizedName, only: str = "") -> Found:
        """Newest first, and what is on the index but no choice.

        With ``only`` those equal to that version are enough.
        """
        known = self._found.get((name, ""))
        if known is None:
            known = self._found.get((name, only))
        if known is None:
            known = self._found[name, only] = self._evaluate(name, only)
        return known

    def metadata(self, candidate: Candidate) -> Metadata:
        if candidate.installed is not None:
            return candidate.installed.metadata
        if candidate.direct is not None:
            return self.direct_metadata(candidate)
        wheel, sdist = candidate.wheel, candidate.sdist
        if wheel is not None:
            return self.metadata_source.wheel_metadata(wheel, candidate.name)
        assert sdist is not None
        kept = self.metadata_source.known(sdist)
        if kept is None:
            kept = self.build_metadata(candidate)
            self.metadata_source.keep(sdist, kept)
        return kept

    def announce(self, requirements: Iterable[Requirement]) -> None:
        """These will be looked at soon."""
        new = []
        for requirement in requirements:
            name = requirement.name
            if not requirement.url and name not in self._announced:
                self._announced[name] = requirement.specifier
                new.append(name)
        for name in new:
            self.catalog.start(name, lambda name=name: self._page_is_there(name))  # type: ignore[misc]

    def announce_metadata(self, candidates: Iterable[Candidate]) -> None:
        """The metadata of these may be asked for soon."""
        for candidate in candidates:
            wheel = candidate.wheel
            if wheel is not None:
                self.metadata_source.start(wheel, candidate.name)

    def _evaluate(self, name: NormalizedName, only: str) -> Found:
        fingerprint = self.catalog.fingerprint(name)
        known = self._pages.load(name, fingerprint, only) if fingerprint else None
        if known is None:
            known = evaluate(name, self.catalog.entries(name) or (), self.rules)
            if fingerprint:
                self._pages.keep(name, fingerprint, known)
        return known

    def _page_is_there(self, name: NormalizedName) -> None:
        try:
            likely = self._likely(name)
        except DxError:
            return  # whoever needs the page will meet the error
        wheel = likely.wheel if likely is not None else None
        if wheel is not None:
            self.metadata_source.start(wheel, name, self._follow)

    def _likely(self, name: NormalizedName) -> Candidate | None:
        """What the resolver will look at first, as far as ``specifier`` alone tells."""
        specifier = self._announced[name]
        candidates, _ = self.candidates(name, exact_version(specifier))
        is_wheel_seen, later = False, None
        for each in candidates:
            is_behind = is_wheel_seen and not each.wheel_row
            is_wheel_seen = is_wheel_seen or bool(each.wheel_row)
            if is_behind or each.yanked is not None:
                continue
            if specifier.contains(each.version, prereleases=True):
                if self.prereleases or not each.version.is_prerelease:
                    return each
                later = later or each
        return later

    def _follow(self, metadata: Metadata) -> None:
        if not self.follow:
            return
        try:
            parsed = [
                from_metadata(text, metadata.name)
                for text in metadata.requires_dist
                if not needs_another_extra(text, "")
            ]
        except DxError:
            return
        wanted = [each for each in parsed if self.target.condition(each) is not NEVER]
        self.announce(requirement for each in wanted for requirement in split(each)[:1])
