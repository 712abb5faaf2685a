"""Unit propagation with learning over a growing set of incompatibilities."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dx_py.pkg.resolve.conflict import analyse
from dx_py.pkg.resolve.incompatibility import Incompatibility
from dx_py.pkg.resolve.partial_solution import PartialSolution
from dx_py.pkg.resolve.terms import CONTRADICTED, OPEN, SATISFIED, negate


class ContradictionError(Exception):
    """The incompatibilities cannot all be respected; ``proof`` derives the empty one."""

    def __init__(self, proof: Incompatibility) -> None:
        super().__init__()
        self.proof = proof


class Deduction:
    """``on_conflict`` is told of what cannot hold, ``on_learnt`` of what follows from it."""

    def __init__(
        self,
        on_conflict: Callable[[Incompatibility], None],
        on_learnt: Callable[[Incompatibility], None],
    ) -> None:
        self.solution = PartialSolution()
        self._by_package: dict[str, list[Incompatibility]] = {}
        self._on_conflict = on_conflict
        self._on_learnt = on_learnt

    def about(self, package: str) -> Sequence[Incompatibility]:
        return self._by_package.get(package, ())

    def add(self, incompatibility: Incompatibility) -> None:
        for package in incompatibility.terms:
            self._by_package.setdefault(package, []).append(incompatibility)

    def replace(self, old: Incompatibility, new: Incompatibility) -> None:
        """``new`` says all that ``old`` said, about the same packages."""
        for package in old.terms:
            listed = self._by_package[package]
            listed[listed.index(old)] = new

    def propagate(self, changed: list[str]) -> None:
        """Derive all that follows; after a conflict, go back and go on from there.

        Raises ContradictionError when there is nothing to go back to.
        """
        waiting = list(changed)
        while waiting:
            learnt = self._propagate_from(waiting.pop(), waiting)
            if learnt is not None:
                waiting = [learnt]

    def _propagate_from(self, package: str, waiting: list[str]) -> str | None:
        """The package that changed by going back, if a conflict was met."""
        for incompatibility in reversed(self._by_package.get(package, ())):
            state, open_package = self._state(incompatibility)
            if state == SATISFIED:
                return self._go_back(incompatibility)
            if state == OPEN:
                self._derive(open_package, incompatibility)
                if open_package not in waiting:
                    waiting.append(open_package)
        return None

    def _derive(self, package: str, incompatibility: Incompatibility) -> None:
        term = negate(incompatibility.terms[package])
        self.solution.derive(package, term, incompatibility)

    def _state(self, incompatibility: Incompatibility) -> tuple[int, str]:
        """SATISFIED if all terms hold; OPEN with the one open package; else CONTRADICTED."""
        open_package = ""
        state = SATISFIED
        for package, term in incompatibility.terms.items():
            holds = self.solution.relation(package, term)
            if holds == CONTRADICTED or (holds == OPEN and state == OPEN):
                return CONTRADICTED, ""
            if holds == OPEN:
                state, open_package = OPEN, package
        return state, open_package

    def _go_back(self, conflict: Incompatibility) -> str:
        """Learn from ``conflict``; returns the package about which something is known now."""
        self._on_conflict(conflict)
        learnt, level = analyse(conflict, self.solution)
        if level is None:
            raise ContradictionError(learnt)
        self._on_learnt(learnt)
        self.solution.backtrack(level)
        if learnt is not conflict:
            self.add(learnt)
        state, package = self._state(learnt)
        assert state == OPEN, "a learnt incompatibility leaves one term open"
        self._derive(package, learnt)
        return package
