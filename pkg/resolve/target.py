"""What a resolution is for: one environment, or every environment of a region.

A target says of each dependency where it counts, and of each candidate whether it will do.
For one environment that is yes or no. For a region it may be "in a part of it": then the
region has to be divided, and `ForkNeededError` says how.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from packaging.requirements import Requirement as Parsed

from dx_py.pkg.resolve.candidate import Candidate
from dx_py.pkg.resolve.condition_reader import condition_of, lowest_python
from dx_py.pkg.resolve.conditions import ALWAYS, NEVER, Condition
from dx_py.pkg.resolve.forking import divide_by_conditions, in_solving_order
from dx_py.pkg.resolve.requirement import Requirement, applies


class ForkNeededError(Exception):
    """There is no one answer for all of a region; ``parts`` are to be solved in this order."""

    def __init__(self, parts: Sequence[Condition]) -> None:
        super().__init__(parts)
        self.parts = parts


class Target(Protocol):
    """``condition`` is `NEVER` for what does not count; an extra's are its own alone."""

    def condition(self, parsed: Parsed, extra: str = "") -> Condition: ...

    def counts(self, requirement: Requirement) -> bool:
        """Whether a requirement with its condition counts anywhere."""
        ...

    def objection(self, candidate: Candidate) -> str:
        """Why a candidate is none, or nothing."""
        ...

    def check_candidate(self, candidate: Candidate) -> None:
        """Raises ForkNeededError."""
        ...

    def check_requirements(self, requirements: Sequence[Requirement]) -> None:
        """``requirements`` are all of one owner. Raises ForkNeededError."""
        ...

    def check_whole(self, condition: Condition) -> None:
        """``condition`` holds somewhere. Raises ForkNeededError where not everywhere."""
        ...


@dataclass(frozen=True, slots=True)
class OneEnvironment:
    """The values of its marker variables; what a candidate needs was looked at before."""

    markers: Mapping[str, str]

    def condition(self, parsed: Parsed, extra: str = "") -> Condition:
        if not extra:
            return ALWAYS if applies(parsed, self.markers) else NEVER
        is_own = (
            parsed.marker is not None
            and applies(parsed, self.markers, extra)
            and not applies(parsed, self.markers)
        )
        return ALWAYS if is_own else NEVER

    def counts(self, requirement: Requirement) -> bool:
        return requirement.condition is not NEVER

    def objection(self, candidate: Candidate) -> str:
        return ""

    def check_candidate(self, candidate: Candidate) -> None:
        pass

    def check_requirements(self, requirements: Sequence[Requirement]) -> None:
        pass

    def check_whole(self, condition: Condition) -> None:
        pass


@dataclass(frozen=True, slots=True)
class Region:
    """Every environment in which ``where`` holds."""

    where: Condition

    def condition(self, parsed: Parsed, extra: str = "") -> Condition:
        found = condition_of(parsed.marker, extra)
        if extra:
            found -= condition_of(parsed.marker)
        return found & self.where

    def counts(self, requirement: Requirement) -> bool:
        return requirement.condition & self.where is not NEVER

    def objection(self, candidate: Candidate) -> str:
        if self.where & _python_of(candidate) is NEVER:
            return f"needs Python {candidate.best_file.requires_python}"
        return ""

    def check_candidate(self, candidate: Candidate) -> None:
        self.check_whole(_python_of(candidate))

    def check_requirements(self, requirements: Sequence[Requirement]) -> None:
        parts = divide_by_conditions(requirements, self.where)
        if len(parts) > 1:
            raise ForkNeededError(in_solving_order(parts, requirements))

    def check_whole(self, condition: Condition) -> None:
        inside = self.where & condition
        assert inside is not NEVER, "what holds nowhere is no reason to divide a region"
        if inside is not self.where:
            raise ForkNeededError((inside, self.where - inside))


def _python_of(candidate: Candidate) -> Condition:
    if candidate.direct is not None or candidate.installed is not None:
        return ALWAYS
    return _from_lowest(candidate.best_file.requires_python)


@lru_cache(maxsize=1024)
def _from_lowest(requires_python: str) -> Condition:
    return lowest_python(requires_python)
