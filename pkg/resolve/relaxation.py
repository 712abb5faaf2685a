"""The smallest change to what was asked for that was tried and works."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from packaging.specifiers import SpecifierSet
from resolvelib import ResolutionImpossible

from dx_py.artifacts.errors import DxError
from dx_py.pkg.resolve.incompatibility import Incompatibility, RootCause
from dx_py.pkg.resolve.requirement import Requirement
from dx_py.pkg.resolve.session import Resolution
from dx_py.pkg.resolve.target import ForkNeededError

_MOST_TRIES = 12

Solve = Callable[[Sequence[Requirement]], Resolution]


@dataclass(frozen=True, slots=True)
class Relaxation:
    """Without the versions of ``requirements`` there is a solution, with these pins."""

    requirements: tuple[Requirement, ...]
    resolution: Resolution

    @property
    def text(self) -> str:
        parts = []
        for requirement in self.requirements:
            pin = self.resolution.pins.get(requirement.name)
            chosen = f"{pin.name} {pin.version}" if pin is not None else "nothing"
            parts.append(f"{requirement} (then {chosen} is chosen)")
        return f"it works without {' and '.join(parts)}"


def find_relaxation(
    facts: Sequence[Incompatibility], requirements: Sequence[Requirement], solve: Solve
) -> Relaxation | None:
    """Lift the version of one cited requirement, then of two; the first that solves."""
    for tried, group in enumerate(_groups(facts)):
        if tried >= _MOST_TRIES:
            return None
        lifted = [_without_version(each) if each in group else each for each in requirements]
        try:
            return Relaxation(group, solve(lifted))
        except (ResolutionImpossible, DxError, ForkNeededError):
            continue  # or it would need another division than the one at hand
    return None


def _groups(facts: Sequence[Incompatibility]) -> Iterator[tuple[Requirement, ...]]:
    cited: list[Requirement] = [
        fact.cause.requirement
        for fact in facts
        if isinstance(fact.cause, RootCause) and fact.cause.requirement.specifier
    ]
    for size in (1, 2):
        yield from combinations(cited, size)


def _without_version(requirement: Requirement) -> Requirement:
    return replace(requirement, specifier=SpecifierSet(), text=requirement.identifier)
