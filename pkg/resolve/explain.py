"""Why there is no solution: the facts that exclude each other, as a tree, and what would do.

    app 2 cannot be had together with lib>=3:
      you ask for app==2 (the command line)
        app 2.0 needs lib<3
      you ask for lib>=3 (line 4 of requirements.txt)

Only a minimal set of facts is cited: without any one of them there would be a solution.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from dx_py.pkg.names import NormalizedName
from dx_py.pkg.resolve.incompatibility import (
    DependencyCause,
    Incompatibility,
    RootCause,
    UnusableCause,
    facts_below,
)
from dx_py.pkg.resolve.minimal_core import minimal_core
from dx_py.pkg.resolve.provider import PackageProvider
from dx_py.pkg.resolve.pubgrub import UnsolvableError
from dx_py.pkg.resolve.requirement import Requirement
from dx_py.pkg.resolve.version_ranges import describe

MOST_LINES = 12
_MOST_VERSIONS = 5


@dataclass(slots=True)
class Explanation:
    """``facts`` are the minimal core; ``lines`` cite them; ``notes`` say why choices lack."""

    facts: list[Incompatibility]
    lines: list[str]
    notes: list[str] = field(default_factory=list)
    where: str = ""

    @property
    def text(self) -> str:
        shown = self.lines
        if len(shown) > MOST_LINES - 2:
            kept = MOST_LINES - 3
            shown = [*shown[:kept], f"  ... and {len(self.lines) - kept} more such facts"]
        room = max(1, MOST_LINES - 1 - len(shown))
        subject = (
            "these cannot be had together" if len(self.facts) > 1 else "this cannot be had"
        )
        where = f" where {self.where}" if self.where else ""
        return "\n".join([f"{subject}{where}:", *shown, *self.notes[:room]])


def explain(error: UnsolvableError, provider: PackageProvider, where: str = "") -> Explanation:
    """``where`` is the marker of the environments this is about, if not of all."""
    facts = minimal_core(facts_below(error.proof))
    writer = _Writer(error, facts)
    lines = list(writer.tree())
    return Explanation(facts, lines, list(_notes(facts, provider, error)), where)


class _Writer:
    """Facts as a tree: what is asked for, and below it what that brings along."""

    def __init__(self, error: UnsolvableError, facts: Sequence[Incompatibility]) -> None:
        self._universe = error.solver.universe
        self._waiting = dict.fromkeys(facts)
        self._asked_for: dict[str, int] = {}
        for fact in facts:
            package = _needed_package(fact)
            if package:
                mask = self._asked_for.get(package, 0) | fact.terms[package][1]
                self._asked_for[package] = mask

    def tree(self) -> Iterator[str]:
        for fact in list(self._waiting):
            if isinstance(fact.cause, RootCause) and fact in self._waiting:
                yield from self._branch(fact, 1)
        for fact in list(self._waiting):
            if fact in self._waiting:
                yield from self._branch(fact, 1)

    def _branch(self, fact: Incompatibility, depth: int) -> Iterator[str]:
        del self._waiting[fact]
        yield "  " * depth + self._sentence(fact)
        needed = _needed_package(fact)
        for other in list(self._waiting):
            if other in self._waiting and _owner_package(other) == needed:
                yield from self._branch(other, depth + 1)

    def _sentence(self, fact: Incompatibility) -> str:
        cause = fact.cause
        if isinstance(cause, RootCause):
            return f"you ask for {cause.requirement}{_origin(cause.requirement)}"
        owner = _owner_package(fact)
        versions = describe(self._mask_to_tell(fact, owner), self._universe(owner))
        subject = f"{owner} {versions}" if not versions.startswith("every") else (
            f"every version of {owner}"
        )  # fmt: skip
        if isinstance(cause, UnusableCause):
            return f"{subject} cannot be used: {cause.reason}"
        assert isinstance(cause, DependencyCause)
        verb = "need" if " to " in versions or " and " in versions else "needs"
        return f"{subject} {verb} {cause.requirement}"

    def _mask_to_tell(self, fact: Incompatibility, owner: str) -> int:
        """What is unusable may be more than anybody asks for."""
        mask = fact.terms[owner][1]
        if not isinstance(fact.cause, UnusableCause):
            return mask
        return mask & self._asked_for.get(owner, mask) or mask


def _origin(requirement: Requirement) -> str:
    return f" ({requirement.origin})" if requirement.origin else ""


def _needed_package(fact: Incompatibility) -> str:
    return next((name for name, term in fact.terms.items() if not term[0]), "")


def _owner_package(fact: Incompatibility) -> str:
    return next((name for name, term in fact.terms.items() if term[0]), "")


def _notes(
    facts: Sequence[Incompatibility], provider: PackageProvider, error: UnsolvableError
) -> Iterator[str]:
    """For each requirement that nothing meets: what there is instead, or why not."""
    seen: set[str] = set()
    for fact in facts:
        package = _needed_package(fact)
        if not package or package in seen or fact.terms[package][1]:
            continue
        seen.add(package)
        yield "  " + _missing(NormalizedName(package.partition("[")[0]), fact, provider, error)


def _missing(
    name: NormalizedName,
    fact: Incompatibility,
    provider: PackageProvider,
    error: UnsolvableError,
) -> str:
    cause = fact.cause
    assert isinstance(cause, RootCause | DependencyCause)
    requirement: Requirement = cause.requirement
    fitting = [
        each
        for each in provider.excluded.get(name, ())
        if requirement.specifier.contains(each.version, prereleases=True)
    ]
    if fitting:
        newest = max(fitting, key=lambda each: each.version)
        return f"{name} {newest.version} would fit, but it {newest.reason}"
    versions = sorted({each.version for each in error.solver.universe(name)}, reverse=True)
    if not versions:
        return f"no index has a usable {name!r}; is the name right, and the index?"
    shown = ", ".join(str(version) for version in versions[:_MOST_VERSIONS])
    more = (
        f" and {len(versions) - _MOST_VERSIONS} older" if len(versions) > _MOST_VERSIONS else ""
    )
    return f"there is {name} {shown}{more}"
