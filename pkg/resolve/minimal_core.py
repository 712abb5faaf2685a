"""The smallest set of facts that is still unsatisfiable: what an explanation may cite."""

from __future__ import annotations

from collections.abc import Sequence

from dx_py.pkg.resolve.deduction import ContradictionError, Deduction
from dx_py.pkg.resolve.incompatibility import Incompatibility

#: Shrinking tries each fact once; a longer proof would not be read in any case.
_MOST_FACTS = 400


def minimal_core(facts: Sequence[Incompatibility]) -> list[Incompatibility]:
    """A subset of unsatisfiable ``facts``, in their order, that loses this with any one."""
    core = list(facts)
    if len(core) > _MOST_FACTS:
        return core
    index = 0
    while index < len(core):
        without = core[:index] + core[index + 1 :]
        if are_satisfiable(without):
            index += 1
        else:
            core = without
    return core


def are_satisfiable(facts: Sequence[Incompatibility]) -> bool:
    """Whether some choice of candidates, or of none, respects every fact."""
    deduction = Deduction(_ignore, _ignore)
    packages: dict[str, None] = {}
    for fact in facts:
        deduction.add(fact)
        packages.update(dict.fromkeys(fact.terms))
    try:
        deduction.propagate(list(packages))
        while deduction.solution.undecided:
            package = next(iter(deduction.solution.undecided))
            known = deduction.solution.known(package)
            assert known is not None
            bit = known[1] & -known[1]
            deduction.solution.decide(package, bit, bit)
            deduction.propagate([package])
    except ContradictionError:
        return False
    return True


def _ignore(incompatibility: Incompatibility) -> None:
    """Nobody wants to hear of it."""
