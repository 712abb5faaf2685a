"""Conflict analysis: from an incompatibility that holds to the one to learn from it."""

from __future__ import annotations

from dx_py.pkg.resolve.incompatibility import DerivedCause, Incompatibility
from dx_py.pkg.resolve.partial_solution import Assignment, PartialSolution
from dx_py.pkg.resolve.terms import (
    SATISFIED,
    Term,
    intersect,
    is_always_true,
    relation,
    unite,
)


def analyse(
    conflict: Incompatibility, solution: PartialSolution
) -> tuple[Incompatibility, int | None]:
    """What is learnt, and the level to go back to; None when nothing is left to try.

    After going back exactly one term of what is learnt is open.
    """
    current = conflict
    while current.terms:
        last, previous_level = _last_satisfier(current, solution)
        if last.cause is None or previous_level < last.level:
            return current, previous_level
        current = _resolve_on(last.package, current, last.cause)
    return current, None


def _last_satisfier(
    incompatibility: Incompatibility, solution: PartialSolution
) -> tuple[Assignment, int]:
    """The assignment that completed the conflict, and the level of what went before it."""
    satisfiers = {
        package: solution.satisfier(package, term)
        for package, term in incompatibility.terms.items()
    }
    last = max(satisfiers.values(), key=lambda assignment: assignment.index)
    others = (each.level for each in satisfiers.values() if each is not last)
    level = max(others, default=0)
    term = incompatibility.terms[last.package]
    if relation(last.term, term) != SATISFIED:
        level = max(level, solution.level_without(last, term))
    return last, level


def _resolve_on(
    package: str, conflict: Incompatibility, cause: Incompatibility
) -> Incompatibility:
    """Every term of both but for ``package``, of which either one or the other must hold."""
    terms: dict[str, Term] = {}
    for other, term in (*conflict.terms.items(), *cause.terms.items()):
        if other != package:
            terms[other] = intersect(terms.get(other), term)
    united = unite(conflict.terms[package], cause.terms[package])
    if not is_always_true(united):
        terms[package] = united
    return Incompatibility(terms, DerivedCause(conflict, cause))
