"""The provider: what the resolver asks about real packages.

It is an ordinary resolvelib provider, so resolvelib's own resolver runs it too; ``mask_of``
and ``announce`` only make it faster.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from packaging.specifiers import SpecifierSet
from packaging.version import Version
from resolvelib import AbstractProvider

from dx_py.pkg.errors import BuildError, MetadataError
from dx_py.pkg.installed import InstalledDistribution
from dx_py.pkg.metadata import Metadata
from dx_py.pkg.names import NormalizedName, normalize
from dx_py.pkg.resolve.build_attempts import BuildAttempts
from dx_py.pkg.resolve.candidate import Candidate, with_extra
from dx_py.pkg.resolve.conditions import NEVER
from dx_py.pkg.resolve.evaluation import Excluded
from dx_py.pkg.resolve.pubgrub import UnusableCandidateError
from dx_py.pkg.resolve.requirement import (
    Requirement,
    exact_version,
    from_metadata,
    needs_another_extra,
    split,
)
from dx_py.pkg.resolve.target import Target
from dx_py.pkg.resolve.universe import UniverseGrewError


@dataclass(slots=True)
class Rules:
    """What narrows the choice beyond the requirements themselves.

    ``constraints`` hold for a package only if it is needed; ``overrides`` replace what any
    metadata says of it. ``preferred`` versions come first where they will do, in their
    order; of what is ``lowest``, old versions do.
    """

    target: Target
    prereleases: bool = False
    constraints: dict[str, list[Requirement]] = field(default_factory=dict)
    overrides: dict[str, list[Requirement]] = field(default_factory=dict)
    lowest: Callable[[NormalizedName], bool] = lambda name: False
    no_deps: bool = False
    prefer_binary: bool = False
    preferred: Mapping[str, Sequence[Version]] = field(default_factory=dict)


@dataclass(slots=True)
class Sources:
    """Where the provider gets what it needs; each may be slow, and answers once a name."""

    #: Newest first; with a version that is not empty, perhaps only those equal to it.
    candidates: Callable[[NormalizedName, str], tuple[list[Candidate], list[Excluded]]]
    metadata: Callable[[Candidate], Metadata]
    direct: Callable[[Requirement], Candidate]
    announce: Callable[[Iterable[Requirement]], None] = lambda requirements: None
    announce_metadata: Callable[[Iterable[Candidate]], None] = lambda candidates: None


class PackageProvider(AbstractProvider):  # type: ignore[type-arg]
    """One provider for one set of requirements; direct candidates accumulate in it.

    ``kept`` are installed candidates. Where one will do, no index is asked about it; where
    it will not, its package is opened: its universe then holds what the index has, too.
    """

    def __init__(
        self,
        sources: Sources,
        rules: Rules,
        kept: Mapping[NormalizedName, Candidate] | None = None,
    ) -> None:
        self._sources = sources
        self._rules = rules
        self._kept = dict(kept or {})
        self._opened: set[NormalizedName] = set()
        self._narrowed: dict[NormalizedName, str] = {}
        self._base: dict[NormalizedName, list[Candidate]] = {}
        self._universes: dict[str, list[Candidate]] = {}
        self._direct: dict[NormalizedName, dict[str, Candidate]] = {}
        self._pinned: dict[str, set[Version]] = {}
        self._masks: dict[tuple[str, SpecifierSet, str], int] = {}
        self.excluded: dict[NormalizedName, list[Excluded]] = {}
        self.warnings: dict[str, None] = {}
        self.builds = BuildAttempts()

    # What resolvelib asks.

    def identify(self, requirement_or_candidate: Requirement | Candidate) -> str:
        return requirement_or_candidate.identifier

    def get_preference(
        self,
        identifier: str,
        resolutions: Mapping[str, Candidate],
        candidates: Mapping[str, Iterator[Candidate]],
        information: Mapping[str, Iterator[Any]],
        backtrack_causes: Sequence[Any],
    ) -> tuple[bool, str]:
        """For resolvelib's resolver: what takes part in the conflict first, then by name."""
        causes = {cause.requirement.identifier for cause in backtrack_causes} | {
            cause.parent.identifier for cause in backtrack_causes if cause.parent is not None
        }
        return identifier not in causes, identifier

    def find_matches(
        self,
        identifier: str,
        requirements: Mapping[str, Iterator[Requirement]],
        incompatibilities: Mapping[str, Iterator[Candidate]],
    ) -> list[Candidate]:
        universe = self._universe(identifier)
        wanted = list(requirements[identifier])
        rejected = {id(candidate) for candidate in incompatibilities[identifier]}
        allowed = (1 << len(universe)) - 1
        for requirement in wanted:
            allowed &= self.mask_of(requirement, universe)
        return [
            candidate
            for index, candidate in enumerate(universe)
            if allowed >> index & 1 and id(candidate) not in rejected
        ]

    def is_satisfied_by(self, requirement: Requirement, candidate: Candidate) -> bool:
        universe = self._universe(requirement.identifier)
        index = next(i for i, each in enumerate(universe) if each is candidate)
        return bool(self.mask_of(requirement, universe) >> index & 1)

    def get_dependencies(self, candidate: Candidate) -> list[Requirement]:
        if candidate.name in self.builds.failed:
            self._check_hope(candidate)
        try:
            self._rules.target.check_candidate(candidate)
            metadata = self._sources.metadata(candidate)
            found = self._dependencies(candidate, metadata)
            self._rules.target.check_requirements(found)
        except MetadataError as error:
            if candidate.direct is not None:
                raise
            raise UnusableCandidateError(error.message) from None
        except BuildError as error:
            if candidate.direct is not None:
                raise
            self.builds.note_failure(candidate, error)
            self.warnings[
                f"{candidate.name} {candidate.version} could not be built: of what comes after "
                "it only versions that need no building were looked at"
            ] = None
            self._check_hope(candidate)
            raise UnusableCandidateError("its build failed") from None
        if candidate.wheel_row is None:
            self.builds.succeeded(candidate)
        return found

    def _check_hope(self, candidate: Candidate) -> None:
        """Raises UnusableCandidateError where a failed build speaks against this one."""
        universe = self._universe(candidate.identifier)
        hopeless = self.builds.hopeless(universe)
        if any(hopeless >> i & 1 and each is candidate for i, each in enumerate(universe)):
            raise UnusableCandidateError("it must be built, and a build failed", hopeless)

    def metadata(self, candidate: Candidate) -> Metadata:
        return self._sources.metadata(candidate)

    # What only our resolver asks.

    def group_of(self, identifier: str) -> str:
        """An extra is decided with its package."""
        return identifier.partition("[")[0]

    def is_exact(self, requirement: Requirement) -> bool:
        return bool(requirement.url) or any(
            each.operator in ("==", "===") and not each.version.endswith(".*")
            for each in requirement.specifier
        )

    def mask_of(self, requirement: Requirement, universe: list[Candidate]) -> int:
        """The candidates of ``universe`` that ``requirement`` allows."""
        if requirement.url:
            wanted = self._direct_candidate(requirement)
            return self._mask_of_direct(wanted, universe)
        key = (requirement.identifier, requirement.specifier, "")
        known = self._masks.get(key)
        if known is None:
            known = self._masks[key] = self._mask_of_specifier(requirement, universe)
        if not known and self.open_all([requirement.name]):
            raise UniverseGrewError(requirement.name)
        return known

    def announce(self, requirements: Iterable[Requirement]) -> None:
        self._sources.announce(
            each
            for each in requirements
            if not each.url and each.name not in self._base and not self._is_closed(each.name)
        )

    def announce_candidates(self, candidates: Iterable[Candidate]) -> None:
        """The metadata of these may be asked for soon."""
        self._sources.announce_metadata(candidates)

    def register(self, requirements: Iterable[Requirement]) -> None:
        """Learn of direct references and exact pins before the first universe is made."""
        for requirement in requirements:
            if requirement.url:
                self._direct_candidate(requirement)
            for specifier in requirement.specifier:
                if specifier.operator in ("==", "===") and "*" not in specifier.version:
                    self._pinned.setdefault(requirement.name, set()).add(
                        Version(specifier.version)
                    )

    def narrow(self, requirements: Iterable[Requirement]) -> None:
        """Of what these pin, look at that version alone: no other one can be chosen."""
        for requirement in requirements:
            pinned = exact_version(requirement.specifier)
            if pinned and not requirement.url and self._rules.target.counts(requirement):
                self._narrowed[requirement.name] = pinned

    def widen(self) -> bool:
        """Look at all versions again, which an explanation names; False if that is so."""
        names = [name for name in self._narrowed if name in self._base]
        self._narrowed.clear()
        for name in names:
            self._forget(name)
        return bool(names)

    # Universes.

    def _universe(self, identifier: str) -> list[Candidate]:
        known = self._universes.get(identifier)
        if known is None:
            name, _, extra = identifier.rstrip("]").partition("[")
            base = self._base_universe(NormalizedName(name))
            wanted = NormalizedName(extra)
            known = [with_extra(each, wanted) for each in base] if extra else base
            self._universes[identifier] = known
        return known

    def _base_universe(self, name: NormalizedName) -> list[Candidate]:
        known = self._base.get(name)
        if known is None:
            direct = list(self._direct.get(name, {}).values())
            known = self._base[name] = direct + self._from_indexes(name)
        return known

    def _from_indexes(self, name: NormalizedName) -> list[Candidate]:
        kept = self._kept.get(name)
        if self._is_closed(name) and kept is not None:
            return [kept]
        found, excluded = self._sources.candidates(name, self._narrowed.get(name, ""))
        self.excluded[name] = list(excluded)
        usable = [each for each in found if self._is_allowed(each)]
        ordered = order(usable, self._rules)
        if kept is None:
            return ordered
        return [kept, *(each for each in ordered if each.version != kept.version)]

    def _is_closed(self, name: NormalizedName) -> bool:
        return name in self._kept and name not in self._opened

    def open_all(self, names: Iterable[NormalizedName]) -> bool:
        """Look at the indexes for these, too; False if that was done before."""
        closed = [name for name in names if self._is_closed(name)]
        for name in closed:
            self._opened.add(name)
            self._forget(name)
        return bool(closed)

    def _is_allowed(self, candidate: Candidate) -> bool:
        name, version = candidate.name, candidate.version
        if candidate.yanked is not None and version not in self._pinned.get(name, ()):
            reason = f"was yanked: {candidate.yanked}" if candidate.yanked else "was yanked"
            self.excluded[name].append(Excluded(version, reason))
            return False
        objection = self._rules.target.objection(candidate)
        if objection:
            self.excluded[name].append(Excluded(version, objection))
            return False
        for constraint in self._rules.constraints.get(name, ()):
            if not self._rules.target.counts(constraint):
                continue
            if not constraint.specifier.contains(version, prereleases=True):
                self._rules.target.check_whole(constraint.condition)
                reason = (
                    f"is excluded by the constraint {constraint.text} ({constraint.origin})"
                )
                self.excluded[name].append(Excluded(version, reason))
                return False
        return True

    def _direct_candidate(self, requirement: Requirement) -> Candidate:
        of_name = self._direct.setdefault(requirement.name, {})
        if requirement.url not in of_name:
            of_name[requirement.url] = self._sources.direct(requirement)
            if requirement.name in self._base:
                self._forget(requirement.name)
                raise UniverseGrewError(requirement.name)
        return of_name[requirement.url]

    def _forget(self, name: NormalizedName) -> None:
        """Make the universe anew; masks over the old one mean nothing any more."""
        self._base.pop(name, None)
        for identifier in [i for i in self._universes if i.partition("[")[0] == name]:
            del self._universes[identifier]
        for key in [key for key in self._masks if key[0].partition("[")[0] == name]:
            del self._masks[key]

    def _mask_of_direct(self, wanted: Candidate, universe: list[Candidate]) -> int:
        return sum(
            1 << index for index, each in enumerate(universe) if each.direct is wanted.direct
        )

    def _mask_of_specifier(self, requirement: Requirement, universe: list[Candidate]) -> int:
        specifier = requirement.specifier
        if not specifier:
            return (1 << len(universe)) - 1
        kept = specifier.filter(
            range(len(universe)), prereleases=True, key=lambda index: universe[index].version
        )
        mask = 0
        for index in kept:
            mask |= 1 << index
        return mask

    # Dependencies.

    def _dependencies(self, candidate: Candidate, metadata: Metadata) -> list[Requirement]:
        found: list[Requirement] = []
        if candidate.extra:
            found.append(_own_version(candidate))
            self._check_extra(candidate, metadata)
        if self._rules.no_deps:
            return found
        owner = f"{candidate.name} {candidate.version}"
        for text in metadata.requires_dist:
            if needs_another_extra(text, candidate.extra):
                continue
            parsed = from_metadata(text, owner)
            condition = self._rules.target.condition(parsed, candidate.extra)
            if condition is NEVER:
                continue
            override = self._rules.overrides.get(normalize(parsed.name))
            found += split(parsed, condition=condition) if override is None else [
                replace(each, condition=both)
                for each in override
                if (both := each.condition & condition) is not NEVER
            ]  # fmt: skip
        return found

    def _check_extra(self, candidate: Candidate, metadata: Metadata) -> None:
        offered = {normalize(extra) for extra in metadata.provides_extra}
        if candidate.extra not in offered:
            self.warnings[
                f"{candidate.name} {candidate.version} has no extra {candidate.extra!r}"
                + (f" (it has: {', '.join(sorted(offered))})" if offered else "")
            ] = None


def order(candidates: list[Candidate], rules: Rules) -> list[Candidate]:
    """Best first: stable before pre-release, new before old, wheels before building.

    A version without a wheel stands behind all wheels unless it is newer than they are: an
    sdist is never built for its metadata while there is a choice. ``candidates`` come newest
    first, as `evaluate` gives them.
    """
    if not candidates:
        return []
    name = candidates[0].name
    newest_wheel = next((each.version for each in candidates if each.wheel_row), None)

    def must_build(candidate: Candidate) -> bool:
        if candidate.wheel_row or newest_wheel is None:
            return False
        return rules.prefer_binary or candidate.version < newest_wheel

    groups: tuple[list[Candidate], ...] = ([], [], [], [])
    for each in reversed(candidates) if rules.lowest(name) else candidates:
        is_late = each.version.is_prerelease and not rules.prereleases
        groups[2 * is_late + must_build(each)].append(each)
    ordered = [each for group in groups for each in group]
    preferred = list(rules.preferred.get(name, ()))
    if not preferred:
        return ordered
    places = {version: place for place, version in reversed([*enumerate(preferred)])}
    return sorted(ordered, key=lambda each: places.get(each.version, len(preferred)))


def installed_candidate(distribution: InstalledDistribution) -> Candidate:
    return Candidate(
        distribution.name,
        NormalizedName(""),
        Version(distribution.version),
        installed=distribution,
    )


def _own_version(candidate: Candidate) -> Requirement:
    """An extra needs exactly the package it is an extra of."""
    if candidate.direct is not None:
        url = str(candidate.direct.direct_url["url"])
        text = f"{candidate.name} @ {url}"
        return Requirement(candidate.name, NormalizedName(""), SpecifierSet(), url, text)
    specifier = SpecifierSet(f"==={candidate.version}")
    text = f"{candidate.name}=={candidate.version}"
    return Requirement(candidate.name, NormalizedName(""), specifier, "", text)
