"""Incompatibilities: sets of terms that cannot all hold, each with the reason why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dx_py.pkg.resolve.terms import Term


@dataclass(frozen=True, slots=True)
class RootCause:
    """What was asked for: its negation cannot hold."""

    requirement: Any


@dataclass(frozen=True, slots=True)
class DependencyCause:
    """Candidates whose metadata name the requirement; ``candidate`` is one of them."""

    candidate: Any
    requirement: Any


@dataclass(frozen=True, slots=True)
class UnusableCause:
    """A candidate that turned out to be no choice."""

    candidate: Any
    reason: str


@dataclass(frozen=True, slots=True)
class DerivedCause:
    """What follows from two others by resolution on one package."""

    left: Incompatibility
    right: Incompatibility


Cause = RootCause | DependencyCause | UnusableCause | DerivedCause


@dataclass(frozen=True, slots=True, eq=False)
class Incompatibility:
    """``terms`` by package identifier; no terms at all means that nothing can be done."""

    terms: dict[str, Term]
    cause: Cause


def facts_below(incompatibility: Incompatibility) -> list[Incompatibility]:
    """The incompatibilities that were given, not derived, each once, in derivation order."""
    facts: list[Incompatibility] = []
    seen: set[int] = set()
    waiting = [incompatibility]
    while waiting:
        current = waiting.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        if isinstance(current.cause, DerivedCause):
            waiting += [current.cause.right, current.cause.left]
        else:
            facts.append(current)
    return facts
