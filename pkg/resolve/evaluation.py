"""From the files of an index page to candidates, and the reasons why others are none."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from dx_py.pkg.index.page import FileEntry, split_filename
from dx_py.pkg.names import NormalizedName
from dx_py.pkg.resolve.candidate import Candidate


@dataclass(frozen=True, slots=True)
class Excluded:
    """A version that is on the index and yet no choice, and why."""

    version: Version
    reason: str


@dataclass(frozen=True, slots=True)
class FileRules:
    """What the target accepts. ``tags`` maps a wheel tag to its rank, 0 being the best.

    ``binary`` and ``source`` say for a name whether wheels and sdists may be used.
    ``uploaded_before`` is an RFC 3339 time in UTC, or empty.
    """

    tags: dict[str, int]
    python: Version
    wheels_allowed: Callable[[str], bool]
    sdists_allowed: Callable[[str], bool]
    uploaded_before: str = ""
    ignore_requires_python: bool = False
    #: Any platform will do, and any Python from ``python`` on; requires-python is the
    #: target's to judge.
    is_universal: bool = False

    def describe(self, name: str) -> str:
        """Everything that decides about the files of ``name``, for a key."""
        return repr(
            (
                tuple(self.tags), str(self.python), self.wheels_allowed(name),
                self.sdists_allowed(name), self.uploaded_before, self.ignore_requires_python,
                self.is_universal,
            )
        )  # fmt: skip


@dataclass(slots=True)
class _Release:
    version: Version
    wheel: FileEntry | None = None
    wheel_rank: int = 0
    sdist: FileEntry | None = None
    reason: str = ""
    yanked: str | None = None


def evaluate(
    name: NormalizedName, entries: Iterable[FileEntry], rules: FileRules
) -> tuple[list[Candidate], list[Excluded]]:
    """Candidates, newest first, and what was left out."""
    releases: dict[str, _Release | None] = {}
    judge = _Judge(name, rules)
    for entry in entries:
        split = split_filename(entry.filename, name)
        if split is None:
            continue
        version_text, tags = split
        release = releases.get(version_text)
        if release is None:
            if version_text in releases:
                continue
            release = releases[version_text] = _new_release(version_text)
        if release is not None:
            judge.consider(release, entry, tags)
    usable = _by_version(releases.values())
    candidates = [_candidate(name, release) for release in usable if _has_file(release)]
    excluded = [
        Excluded(release.version, release.reason)
        for release in usable
        if not _has_file(release)
    ]
    return candidates, excluded


def _new_release(version: str) -> _Release | None:
    try:
        return _Release(Version(version))
    except ValueError:
        return None  # legacy versions cannot be ordered, and nobody can ask for them


def _by_version(releases: Iterable[_Release | None]) -> list[_Release]:
    """Newest first; ``1.0`` and ``1.0.0`` are one version, and its files go together."""
    merged: dict[Version, _Release] = {}
    for release in releases:
        if release is None:
            continue
        before = merged.setdefault(release.version, release)
        if before is not release:
            _merge(before, release)
    return sorted(merged.values(), key=lambda release: release.version, reverse=True)


def _merge(into: _Release, other: _Release) -> None:
    if other.wheel and (into.wheel is None or other.wheel_rank < into.wheel_rank):
        into.wheel, into.wheel_rank = other.wheel, other.wheel_rank
    into.sdist = into.sdist or other.sdist
    into.reason = into.reason or other.reason


def _has_file(release: _Release) -> bool:
    return release.wheel is not None or release.sdist is not None


def _candidate(name: NormalizedName, release: _Release) -> Candidate:
    chosen = release.wheel or release.sdist
    assert chosen is not None
    return Candidate(
        name,
        NormalizedName(""),
        release.version,
        release.wheel.to_row() if release.wheel else None,
        release.sdist.to_row() if release.sdist else None,
        yanked=chosen.yanked,
    )


class _Judge:
    """What the rules say of a project's files; each question is answered once.

    Pages have thousands of files, and few different tags and requires-pythons.
    """

    def __init__(self, name: str, rules: FileRules) -> None:
        self._rules = rules
        self._ranks: dict[str, int | None] = {}
        self._pythons: dict[str, str] = {}
        self._wheels = self._sdists = ""
        if not rules.wheels_allowed(name):
            self._wheels = "has wheels, which --no-binary excludes"
        if not rules.sdists_allowed(name):
            self._sdists = "has no usable wheel, and building is off"

    def consider(self, release: _Release, entry: FileEntry, tags: str) -> None:
        """``tags`` are empty for an sdist."""
        reason = (self._wheels if tags else self._sdists) or self._objection(entry)
        if reason:
            release.reason = release.reason or reason
        elif tags:
            self._consider_wheel(release, entry, tags)
        elif release.sdist is None or (
            release.sdist.yanked is not None and entry.yanked is None
        ):
            release.sdist = entry

    def _consider_wheel(self, release: _Release, entry: FileEntry, tags: str) -> None:
        if tags not in self._ranks:
            self._ranks[tags] = _rank(tags, self._rules)
        rank = self._ranks[tags]
        if rank is None:
            release.reason = release.reason or f"has no wheel for this platform ({tags})"
        elif release.wheel is None or (rank, entry.yanked is not None) < (
            release.wheel_rank,
            release.wheel.yanked is not None,
        ):
            release.wheel, release.wheel_rank = entry, rank

    def _objection(self, entry: FileEntry) -> str:
        before = self._rules.uploaded_before
        if before and not "" < entry.uploaded < before:
            if not entry.uploaded:
                return f"has no time of upload, which must be before {before}"
            return f"was uploaded after {before}"
        python = entry.requires_python
        if python not in self._pythons:
            self._pythons[python] = _objection_to(python, self._rules)
        return self._pythons[python]


def _rank(tags: str, rules: FileRules) -> int | None:
    return universal_rank(tags, rules) if rules.is_universal else best_rank(tags, rules.tags)


def _objection_to(requires_python: str, rules: FileRules) -> str:
    if rules.is_universal or rules.ignore_requires_python:
        return ""
    if not accepts_python(requires_python, rules.python):
        return f"needs Python {requires_python}"
    return ""


def best_rank(tags: str, supported: dict[str, int]) -> int | None:
    """The best rank among the tags that a wheel's compressed tag set stands for."""
    known = supported.get(tags)
    if known is not None:
        return known
    pythons, abis, platforms = tags.split("-")
    ranks = [
        supported[tag]
        for python in pythons.split(".")
        for abi in abis.split(".")
        for platform in platforms.split(".")
        if (tag := f"{python}-{abi}-{platform}") in supported
    ]
    return min(ranks, default=None)


def universal_rank(tags: str, rules: FileRules) -> int | None:
    """0 for a wheel that goes everywhere, 1 for one that some environments can use."""
    pythons, abis, platforms = tags.split("-")
    usable = any(
        _is_new_enough(python, abi, rules.python)
        for python in pythons.split(".")
        for abi in abis.split(".")
    )
    if not usable:
        return None
    return 0 if (abis, platforms) == ("none", "any") else 1


def _is_new_enough(python: str, abi: str, oldest: Version) -> bool:
    """Whether ``cp312-cp312`` and its like are for ``oldest`` or for a newer Python."""
    digits = python.lstrip("abcdefghijklmnopqrstuvwxyz")
    if not digits.isdigit():
        return False
    major, minor = int(digits[0]), int(digits[1:] or -1)
    if major != oldest.major:
        return major > oldest.major
    is_open = minor < 0 or abi in ("none", "abi3")
    return is_open or minor >= oldest.minor


@lru_cache(maxsize=4096)
def accepts_python(specifier: str, python: Version) -> bool:
    """``requires-python`` without its upper bounds, which say what was tested, not what works.

    An invalid one excludes nothing, as in pip.
    """
    if not specifier:
        return True
    parts = (part.strip() for part in specifier.split(","))
    try:
        kept = SpecifierSet(",".join(part for part in parts if not part.startswith("<")))
    except InvalidSpecifier:
        return True
    return kept.contains(python, prereleases=True)
