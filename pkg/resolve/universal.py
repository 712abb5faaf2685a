"""One resolution for every environment of a region: pins that each know where they count.

    numpy 2.0.2  where python_version < '3.10'
    numpy 2.4.1  where python_version >= '3.10'
    colorama 0.4.6  where sys_platform == 'win32'

The region is resolved as if it were one environment. Where requirements or candidates count
in a part of it only, it is divided and each part resolved anew, preferring what was chosen
for the parts before it with the same Pythons. What leads to a package says where it counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from packaging.version import Version

from dx_py.pkg.names import NormalizedName
from dx_py.pkg.resolve.candidate import Candidate, with_extra
from dx_py.pkg.resolve.conditions import NEVER, Condition, pythons_of
from dx_py.pkg.resolve.provider import PackageProvider
from dx_py.pkg.resolve.requirement import Requirement
from dx_py.pkg.resolve.session import Resolution, resolve
from dx_py.pkg.resolve.target import ForkNeededError, Region

Preferred = Mapping[str, Sequence[Version]]
MakeProvider = Callable[[Region, Preferred], PackageProvider]
#: What a region prefers is what was written down for it, then what others got.
WrittenDown = Callable[[Region], Preferred]


@dataclass(frozen=True, slots=True)
class UniversalPin:
    """``where`` lies within the region that was resolved for."""

    candidate: Candidate
    where: Condition
    extras: tuple[NormalizedName, ...] = ()


@dataclass(frozen=True, slots=True)
class UniversalResolution:
    """``pins`` by name, then by version; ``edges`` as in `Resolution`, of all parts."""

    pins: tuple[UniversalPin, ...]
    edges: dict[str, tuple[NormalizedName, ...]]


@dataclass(frozen=True, slots=True)
class _Part:
    """A region without disagreement, and where in it each identifier is needed."""

    region: Region
    resolution: Resolution
    where: dict[str, Condition]


class RegionError(Exception):
    """A part that cannot be resolved; ``__cause__`` says why."""

    def __init__(self, region: Region, provider: PackageProvider) -> None:
        super().__init__(region)
        self.region = region
        self.provider = provider


def resolve_universally(
    root: Region,
    requirements: Sequence[Requirement],
    make_provider: MakeProvider,
    written_down: WrittenDown,
) -> UniversalResolution:
    """Raises RegionError from resolvelib's ResolutionImpossible."""
    parts: list[_Part] = []
    waiting = [root]
    while waiting:
        region = waiting.pop()
        provider = make_provider(region, _preferred(region, written_down(region), parts))
        try:
            parts.append(_resolve_part(region, requirements, provider))
        except ForkNeededError as fork:
            waiting += [Region(where) for where in reversed(fork.parts)]
    return UniversalResolution(tuple(_pins(parts)), _edges(parts))


def _resolve_part(
    region: Region, requirements: Sequence[Requirement], provider: PackageProvider
) -> _Part:
    inside = requirements_in(region, requirements)
    region.check_requirements(inside)
    try:
        resolution = resolve(provider, inside)
    except ForkNeededError:
        raise
    except Exception as error:
        raise RegionError(region, provider) from error
    return _Part(region, resolution, _reached(inside, resolution, provider))


def requirements_in(region: Region, requirements: Sequence[Requirement]) -> list[Requirement]:
    return [
        replace(each, condition=where)
        for each in requirements
        if (where := each.condition & region.where) is not NEVER
    ]


def _preferred(region: Region, written_down: Preferred, parts: Sequence[_Part]) -> Preferred:
    """Few versions across platforms; each Python has the newest that supports it."""
    found = {name: list(versions) for name, versions in written_down.items()}
    pythons = pythons_of(region.where)
    for part in parts:
        if pythons & pythons_of(part.region.where) is NEVER:
            continue
        for name, pin in part.resolution.pins.items():
            versions = found.setdefault(name, [])
            if pin.direct is None and pin.version not in versions:
                versions.append(pin.version)
    return found


def _reached(
    roots: Sequence[Requirement], resolution: Resolution, provider: PackageProvider
) -> dict[str, Condition]:
    """Where each identifier is needed: wherever something that needs it is."""
    found: dict[str, Condition] = {}
    waiting = [(each.identifier, each.condition) for each in roots]
    while waiting:
        identifier, where = waiting.pop()
        before = found.get(identifier, NEVER)
        if where - before is NEVER:
            continue
        found[identifier] = before | where
        for each in provider.get_dependencies(_candidate(identifier, resolution)):
            waiting.append((each.identifier, where & each.condition))
    return found


def _candidate(identifier: str, resolution: Resolution) -> Candidate:
    name, _, extra = identifier.rstrip("]").partition("[")
    pin = resolution.pins[NormalizedName(name)]
    return with_extra(pin, NormalizedName(extra)) if extra else pin


def _pins(parts: Sequence[_Part]) -> Iterator[UniversalPin]:
    """The same version in several parts is one pin."""
    merged: dict[tuple[str, Version, str], UniversalPin] = {}
    for part in parts:
        for name, candidate in part.resolution.pins.items():
            where = part.where.get(name, NEVER)
            if where is NEVER:
                continue
            extras = part.resolution.extras.get(name, ())
            found = UniversalPin(candidate, where, extras)
            key = (name, candidate.version, candidate.direct.path if candidate.direct else "")
            before = merged.get(key)
            merged[key] = _united(before, found) if before is not None else found
    yield from (merged[key] for key in sorted(merged))


def _united(first: UniversalPin, second: UniversalPin) -> UniversalPin:
    extras = tuple(sorted({*first.extras, *second.extras}))
    return UniversalPin(first.candidate, first.where | second.where, extras)


def _edges(parts: Sequence[_Part]) -> dict[str, tuple[NormalizedName, ...]]:
    """Only what is needed somewhere: a part may hold packages that no path leads to."""
    found: dict[str, set[NormalizedName]] = {}
    for part in parts:
        for owner, needed in part.resolution.edges.items():
            if owner and owner not in part.where:
                continue
            found.setdefault(owner, set()).update(each for each in needed if each in part.where)
    return {owner: tuple(sorted(needed)) for owner, needed in sorted(found.items())}
