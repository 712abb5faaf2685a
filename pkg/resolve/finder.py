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
from dx_py.pkg.resolve.provider import Rules, order
from dx_py.pkg.resolve.requirement import Requirement, from_metadata, split
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
    _found: dict[NormalizedName, Found] = field(default_factory=dict)
    _announced: dict[NormalizedName, SpecifierSet] = field(default_factory=dict)

    def candidates(self, name: NormalizedName) -> Found:
        """Newest first, and what is on the index but no choice."""
        known = self._found.get(name)
        if known is None:
            known = self._found[name] = self._evaluate(name)
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
        for requirement in requirements:
            name = requirement.name
            if requirement.url or name in self._announced or name in self._found:
                continue
            self._announced[name] = requirement.specifier
            self.catalog.start(name, lambda name=name: self._page_is_there(name))  # type: ignore[misc]

    def announce_metadata(self, candidates: Iterable[Candidate]) -> None:
        """The metadata of these may be asked for soon."""
        for candidate in candidates:
            wheel = candidate.wheel
            if wheel is not None:
                self.metadata_source.start(wheel, candidate.name)

    def _evaluate(self, name: NormalizedName) -> Found:
        fingerprint = self.catalog.fingerprint(name)
        pages = EvaluatedPages(self.metadata_source.store, self.rules)
        known = pages.load(name, fingerprint) if fingerprint else None
        if known is None:
            known = evaluate(name, self.catalog.entries(name) or (), self.rules)
            if fingerprint:
                pages.keep(name, fingerprint, known)
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
        candidates, _ = self.candidates(name)
        specifier = self._announced[name]
        for candidate in order(candidates, Rules(self.target, prereleases=self.prereleases)):
            if candidate.yanked is None and specifier.contains(
                candidate.version, prereleases=True
            ):
                return candidate
        return None

    def _follow(self, metadata: Metadata) -> None:
        if not self.follow:
            return
        try:
            parsed = [from_metadata(text, metadata.name) for text in metadata.requires_dist]
        except DxError:
            return
        wanted = [each for each in parsed if self.target.condition(each) is not NEVER]
        self.announce(requirement for each in wanted for requirement in split(each)[:1])
