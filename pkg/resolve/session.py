"""One resolution from requirements to pins, whichever resolver runs it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from resolvelib import AbstractProvider, BaseReporter, ResolutionImpossible
from resolvelib.resolvers import AbstractResolver

from dx_py.pkg.names import NormalizedName
from dx_py.pkg.resolve.candidate import Candidate
from dx_py.pkg.resolve.incompatibility import facts_below
from dx_py.pkg.resolve.provider import PackageProvider
from dx_py.pkg.resolve.pubgrub import PubGrubResolver, UnsolvableError
from dx_py.pkg.resolve.requirement import Requirement
from dx_py.pkg.resolve.universe import UniverseGrewError

_MAX_ROUNDS = 1_000_000

MakeResolver = Callable[[AbstractProvider, BaseReporter], AbstractResolver]  # type: ignore[type-arg]


@dataclass(frozen=True, slots=True)
class Resolution:
    """``pins`` by name in alphabetical order; ``extras`` the extras chosen for each name.

    ``edges`` names for each package, and for the empty name of what was asked for, what it
    needs directly.
    """

    pins: dict[NormalizedName, Candidate]
    extras: dict[NormalizedName, tuple[NormalizedName, ...]]
    edges: dict[str, tuple[NormalizedName, ...]]


def resolve(
    provider: PackageProvider,
    requirements: Iterable[Requirement],
    make_resolver: MakeResolver = PubGrubResolver,
) -> Resolution:
    """Raises resolvelib's ResolutionImpossible (our resolver's with a proof)."""
    wanted = list(requirements)
    provider.register(wanted)
    while True:
        try:
            resolver = make_resolver(provider, BaseReporter())
            result = resolver.resolve(wanted, max_rounds=_MAX_ROUNDS)
        except UniverseGrewError:
            continue  # each direct reference and each opened package is met once
        except ResolutionImpossible as error:
            # Neither narrowing nor what is installed is a reason to give up.
            if not provider.widen() and not provider.open_all(_named_in(error)):
                raise
            continue
        return _resolution(result)


def _named_in(error: ResolutionImpossible) -> list[NormalizedName]:  # type: ignore[type-arg]
    if isinstance(error, UnsolvableError):
        packages = [name for fact in facts_below(error.proof) for name in fact.terms]
    else:
        packages = [cause.requirement.identifier for cause in error.causes]
        packages += [cause.parent.identifier for cause in error.causes if cause.parent]
    return [NormalizedName(package.partition("[")[0]) for package in dict.fromkeys(packages)]


def _resolution(result: Any) -> Resolution:  # noqa: ANN401 - resolvelib's type is generic
    pins: dict[NormalizedName, Candidate] = {}
    extras: dict[NormalizedName, list[NormalizedName]] = {}
    for candidate in sorted(result.mapping.values(), key=lambda each: each.identifier):
        if candidate.extra:
            extras.setdefault(candidate.name, []).append(candidate.extra)
        else:
            pins[candidate.name] = candidate
    return Resolution(
        pins, {name: tuple(found) for name, found in extras.items()}, _edges(result.graph)
    )


def _edges(graph: Any) -> dict[str, tuple[NormalizedName, ...]]:  # noqa: ANN401
    """An extra's dependencies count as its package's."""
    found: dict[str, set[NormalizedName]] = {}
    for node in graph:
        owner = (node or "").partition("[")[0]
        needed = found.setdefault(owner, set())
        for child in graph.iter_children(node):
            name = NormalizedName(child.partition("[")[0])
            if name != owner:
                needed.add(name)
    return {owner: tuple(sorted(needed)) for owner, needed in sorted(found.items())}
