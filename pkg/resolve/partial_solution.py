"""What has been decided and derived so far, in order, so that it can be taken back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dx_py.pkg.resolve.incompatibility import Incompatibility
from dx_py.pkg.resolve.terms import SATISFIED, Term, intersect, relation


@dataclass(frozen=True, slots=True, eq=False)
class Assignment:
    """``known`` is everything known of ``package`` once this assignment is made."""

    package: str
    term: Term
    known: Term
    level: int
    index: int
    cause: Incompatibility | None
    candidate: Any = None


class PartialSolution:
    """Assignments in order; ``level`` counts the decisions among them."""

    def __init__(self) -> None:
        self.level = 0
        self.decisions: dict[str, Any] = {}
        #: Packages that are required and not decided, in order of discovery.
        self.undecided: dict[str, None] = {}
        self._trail: list[Assignment] = []
        self._of: dict[str, list[Assignment]] = {}

    def known(self, package: str) -> Term | None:
        assignments = self._of.get(package)
        return assignments[-1].known if assignments else None

    def relation(self, package: str, term: Term) -> int:
        assignments = self._of.get(package)
        return relation(assignments[-1].known, term) if assignments else 0

    def decide(self, package: str, mask: int, candidate: Any) -> None:  # noqa: ANN401
        self.level += 1
        self._assign(package, (True, mask), None, candidate)
        self.decisions[package] = candidate

    def derive(self, package: str, term: Term, cause: Incompatibility) -> None:
        self._assign(package, term, cause, None)

    def _assign(
        self, package: str, term: Term, cause: Incompatibility | None, candidate: object
    ) -> None:
        assignments = self._of.setdefault(package, [])
        before = assignments[-1].known if assignments else None
        known = intersect(before, term)
        made = Assignment(package, term, known, self.level, len(self._trail), cause, candidate)
        self._trail.append(made)
        assignments.append(made)
        if candidate is not None:
            self.undecided.pop(package, None)
        elif known[0] and package not in self.decisions:
            self.undecided[package] = None

    def backtrack(self, level: int) -> None:
        while self._trail and self._trail[-1].level > level:
            self._take_back(self._trail.pop())
        self.level = level

    def _take_back(self, last: Assignment) -> None:
        assignments = self._of[last.package]
        assignments.pop()
        if last.candidate is not None:
            del self.decisions[last.package]
        if assignments and assignments[-1].known[0]:
            self.undecided[last.package] = None
        else:
            self.undecided.pop(last.package, None)

    def packages(self) -> list[str]:
        """Everything of which something is known."""
        return [package for package, assignments in self._of.items() if assignments]

    def level_before(self, packages: Iterable[str]) -> int:
        """The level at which none of ``packages`` was decided yet."""
        levels = (
            each.level - 1
            for package in packages
            for each in self._of.get(package, ())
            if each.candidate is not None
        )
        return min(levels, default=self.level)

    def decisions_behind(self, terms: Mapping[str, Term]) -> list[str]:
        """The packages whose decisions made these terms hold, directly or by what follows."""
        found: dict[str, None] = {}
        waiting = [self.satisfier(package, term) for package, term in terms.items()]
        seen: set[int] = set()
        while waiting:
            assignment = waiting.pop()
            if assignment.index in seen:
                continue
            seen.add(assignment.index)
            if assignment.cause is None:
                found[assignment.package] = None
                continue
            waiting += [
                self.satisfier(package, term)
                for package, term in assignment.cause.terms.items()
                if package != assignment.package
            ]
        return list(found)

    def satisfier(self, package: str, term: Term) -> Assignment:
        """The first assignment after which ``term`` holds."""
        for assignment in self._of[package]:
            if relation(assignment.known, term) == SATISFIED:
                return assignment
        raise AssertionError(f"{package} {term} is not satisfied")

    def level_without(self, last: Assignment, term: Term) -> int:
        """The level at which ``last`` completes ``term``: what came before it has to help."""
        for assignment in self._of[last.package]:
            if assignment.index >= last.index:
                break
            if relation(intersect(assignment.known, last.term), term) == SATISFIED:
                return assignment.level
        return 0
