"""PubGrub behind resolvelib's interfaces: a provider and requirements to one pin a package.

The algorithm is Natalie Weizenbaum's (https://nex3.medium.com/pubgrub-2fb6470504f). Version
sets are bit masks over a package's candidates in order of preference (`universe`), so the
best candidate of a mask is its lowest bit.

Beyond what resolvelib asks of a provider, optional methods are used: ``mask_of`` (the
candidates a requirement allows out of a list that ``find_matches`` gives without any
requirement), ``announce`` (these requirements will be looked at soon), ``is_exact`` (a
requirement pins a version), ``group_of`` (identifiers that are decided together), and
``unusable`` exceptions (`UnusableCandidateError`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from resolvelib import AbstractProvider, BaseReporter
from resolvelib.resolvers import (
    AbstractResolver,
    RequirementInformation,
    ResolutionImpossible,
    ResolutionTooDeep,
    Result,
)
from resolvelib.structs import DirectedGraph

from dx_py.pkg.resolve.deduction import ContradictionError, Deduction
from dx_py.pkg.resolve.incompatibility import (
    Cause,
    DependencyCause,
    Incompatibility,
    RootCause,
    UnusableCause,
    facts_below,
)
from dx_py.pkg.resolve.priorities import Priorities
from dx_py.pkg.resolve.terms import SATISFIED, Term, lowest_bits, relation
from dx_py.pkg.resolve.universe import UniverseGrewError, Universes

#: A power of two; uv begins to read ahead at about as many.
_TRIES_BEFORE_LOOK_AHEAD = 4
_MAX_ROUNDS = 1_000_000


class UnusableCandidateError(Exception):
    """Raised by ``get_dependencies`` for a candidate that turns out to be no choice.

    ``alike`` are the candidates of its universe that are none for the same reason, as a mask.
    """

    def __init__(self, reason: str, alike: int = 0) -> None:
        super().__init__(reason)
        self.alike = alike


class UnsolvableError(ResolutionImpossible):  # type: ignore[type-arg]
    """``proof`` is the incompatibility without terms; ``solver`` can name its candidates."""

    def __init__(
        self, causes: list[Any], proof: Incompatibility, solver: PubGrubResolver
    ) -> None:
        super().__init__(causes)
        self.proof = proof
        self.solver = solver


class PubGrubResolver(AbstractResolver):  # type: ignore[type-arg]
    """One resolver may resolve several times; each time starts afresh."""

    base_exception: type[Exception] = ResolutionImpossible

    def __init__(self, provider: AbstractProvider, reporter: BaseReporter) -> None:  # type: ignore[type-arg]
        super().__init__(provider, reporter)
        self._universes = Universes(provider)
        self._reset()

    def _reset(self) -> None:
        self._merged: dict[tuple[str, str, int], Incompatibility] = {}
        self._expanded: set[tuple[str, int]] = set()
        self._priorities = Priorities(getattr(self.provider, "group_of", str))
        self._tries: dict[str, int] = {}
        self._current = ""
        self._to_swap: list[str] = []
        self._dependencies: dict[tuple[str, int], list[Any]] = {}
        self._deduction = Deduction(self._note_conflict, self._report_conflict)

    def resolve(self, requirements: Iterable[Any], **kwargs: Any) -> Result:  # type: ignore[type-arg]  # noqa: ANN401
        """Raises UnsolvableError with a proof; ResolutionTooDeep after ``max_rounds``."""
        max_rounds: int = kwargs.get("max_rounds", _MAX_ROUNDS)
        roots = list(requirements)
        self._universes = Universes(self.provider)
        self.reporter.starting()
        while True:
            self._reset()
            try:
                return self._resolve(roots, max_rounds)
            except UniverseGrewError:
                self._universes.refresh()

    def _resolve(self, roots: list[Any], max_rounds: int) -> Result:  # type: ignore[type-arg]
        self._announce(roots)
        root_packages: dict[str, None] = {}
        for requirement in roots:
            package = self.provider.identify(requirement)
            self._discover(package, requirement)
            excluded = (False, self._universes.mask(package, requirement))
            self._deduction.add(Incompatibility({package: excluded}, RootCause(requirement)))
            root_packages[package] = None
        try:
            self._deduction.propagate(list(root_packages))
            self._decide_all(max_rounds)
        except ContradictionError as error:
            causes = _informations(_decisive(facts_below(error.proof)))
            raise UnsolvableError(causes, error.proof, self) from None
        self.reporter.ending(None)  # type: ignore[arg-type]
        return self._result(list(root_packages))

    def _decide_all(self, max_rounds: int) -> None:
        for round_index in range(max_rounds):
            self.reporter.starting_round(round_index)
            package = self._next_package()
            if package is None:
                return
            self._current = package
            self._choose(package)
            self._deduction.propagate([package])
            self._swap_order()
        raise ResolutionTooDeep(max_rounds)

    def _note_conflict(self, conflict: Incompatibility) -> None:
        """Decisions that keep speaking against the current package will be made after it."""
        solution = self._deduction.solution
        others = {p: term for p, term in conflict.terms.items() if p != self._current}
        decided = [p for p in solution.decisions_behind(others) if p != self._current]
        self._to_swap += self._priorities.reject(self._current, decided)

    def _swap_order(self) -> None:
        solution = self._deduction.solution
        if self._to_swap:
            solution.backtrack(solution.level_before(self._to_swap))
            self._to_swap.clear()
            self._deduction.propagate(solution.packages())

    def _report_conflict(self, learnt: Incompatibility) -> None:
        if type(self.reporter) is not BaseReporter:  # collecting the facts is not free
            causes = _informations(facts_below(learnt))
            self.reporter.resolving_conflicts(causes)

    def universe(self, package: str) -> list[Any]:
        """Every candidate of a package, best first."""
        return self._universes.candidates(package)

    def _announce(self, requirements: list[Any]) -> None:
        announce = getattr(self.provider, "announce", None)
        if announce is not None:
            announce(requirements)

    def _discover(self, package: str, requirement: object) -> None:
        is_exact = getattr(self.provider, "is_exact", None)
        exact = is_exact is not None and is_exact(requirement)
        self._priorities.discover(package, is_exact=exact)

    def _next_package(self) -> str | None:
        undecided = self._deduction.solution.undecided
        return min(undecided, key=self._priorities.rank) if undecided else None

    def _choose(self, package: str) -> None:
        """Decide the best candidate, unless its dependencies already rule it out."""
        known = self._deduction.solution.known(package)
        assert known is not None
        bit = known[1] & -known[1]
        index = bit.bit_length() - 1
        self._look_ahead(package, known[1])
        if not self._expand(package, index):
            return
        for found in reversed(self._deduction.about(package)):
            if self._would_conflict(found, package, bit):
                self._note_conflict(found)
                return
        candidate = self.universe(package)[index]
        self.reporter.pinning(candidate)
        for requirement in self._dependencies[package, index]:
            self._discover(self.provider.identify(requirement), requirement)
        self._deduction.solution.decide(package, bit, candidate)

    def _look_ahead(self, package: str, allowed: int) -> None:
        """After some tries it is likely that many more candidates will be looked at."""
        tries = self._tries[package] = self._tries.get(package, 0) + 1
        announce = getattr(self.provider, "announce_candidates", None)
        if (
            announce is not None
            and tries >= _TRIES_BEFORE_LOOK_AHEAD
            and tries & tries - 1 == 0
        ):
            announce([self.universe(package)[i] for i in lowest_bits(allowed, 4 * tries)])

    def _would_conflict(self, found: Incompatibility, package: str, bit: int) -> bool:
        return all(
            relation((True, bit), term) == SATISFIED
            if other == package
            else self._deduction.solution.relation(other, term) == SATISFIED
            for other, term in found.terms.items()
        )

    def _expand(self, package: str, index: int) -> bool:
        """Turn a candidate's dependencies into incompatibilities; False if it is unusable."""
        if (package, index) in self._expanded:
            return True
        self._expanded.add((package, index))
        candidate = self.universe(package)[index]
        try:
            dependencies = list(self.provider.get_dependencies(candidate))
        except UnusableCandidateError as error:
            terms: dict[str, Term] = {package: (True, 1 << index | error.alike)}
            self._deduction.add(Incompatibility(terms, UnusableCause(candidate, str(error))))
            return False
        self._dependencies[package, index] = dependencies
        self._announce(dependencies)
        for requirement in dependencies:
            self._add_dependency(package, index, candidate, requirement)
        return True

    def _add_dependency(
        self, package: str, index: int, candidate: object, requirement: object
    ) -> None:
        needed = self.provider.identify(requirement)
        self.reporter.adding_requirement(requirement, candidate)
        allowed = self._universes.mask(needed, requirement)
        bit = 1 << index
        cause = DependencyCause(candidate, requirement)
        if needed == package:
            if bit & ~allowed:
                self._deduction.add(Incompatibility({package: (True, bit)}, cause))
            return
        key = (package, needed, allowed)
        before = self._merged.get(key)
        same = before.terms[package][1] if before else 0
        terms: dict[str, Term] = {package: (True, bit | same), needed: (False, allowed)}
        made = self._merged[key] = Incompatibility(terms, cause)
        if before is None:
            self._deduction.add(made)
        else:
            self._deduction.replace(before, made)

    def _result(self, root_packages: list[str]) -> Result:  # type: ignore[type-arg]
        """resolvelib's own builder recurses without end on some cyclic graphs."""
        mapping = dict(self._deduction.solution.decisions)
        graph: DirectedGraph[Any] = DirectedGraph()
        graph.add(None)
        for package in mapping:
            graph.add(package)
        for package in root_packages:
            graph.connect(None, package)
        for package, candidate in mapping.items():
            index = next(
                i for i, each in enumerate(self.universe(package)) if each is candidate
            )
            for requirement in self._dependencies[package, index]:
                needed = self.provider.identify(requirement)
                if needed in mapping:
                    graph.connect(package, needed)
        return Result(mapping, graph, {})


def _decisive(facts: list[Incompatibility]) -> list[Incompatibility]:
    """What nothing satisfies by itself, as resolvelib reports it, else all of the proof."""
    hopeless = [fact for fact in facts if (False, 0) in fact.terms.values()]
    return hopeless or facts


def _informations(facts: list[Incompatibility]) -> list[Any]:
    """Facts as resolvelib's reporters and callers expect them."""
    return [_information(fact.cause) for fact in facts if _names_requirement(fact.cause)]


def _names_requirement(cause: Cause) -> bool:
    return isinstance(cause, RootCause | DependencyCause)


def _information(cause: Cause) -> Any:  # noqa: ANN401 - resolvelib's type is generic
    if isinstance(cause, DependencyCause):
        return RequirementInformation(cause.requirement, cause.candidate)
    assert isinstance(cause, RootCause)
    return RequirementInformation(cause.requirement, None)
