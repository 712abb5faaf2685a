"""A judge of explanations that knows nothing of the resolver: it tries all choices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dx_py.pkg.resolve.incompatibility import Incompatibility


def is_minimal_core(facts: Sequence[Incompatibility]) -> bool:
    """All of ``facts`` cannot hold together, and without any one of them the others can."""
    return not can_hold(facts) and all(
        can_hold([*facts[:index], *facts[index + 1 :]]) for index in range(len(facts))
    )


def can_hold(facts: Sequence[Incompatibility]) -> bool:
    """Some choice, of one candidate or none for each package, is excluded by no fact.

    A candidate that no fact names is excluded by what excludes none, so none stands for it.
    """
    masks: dict[str, int] = {}
    for fact in facts:
        for name, (_, mask) in fact.terms.items():
            masks[name] = masks.get(name, 0) | mask
    return _can_extend({}, list(masks), masks, facts)


def _can_extend(
    chosen: dict[str, int],
    waiting: list[str],
    masks: Mapping[str, int],
    facts: Sequence[Incompatibility],
) -> bool:
    if any(_is_broken(fact, chosen) for fact in facts):
        return False
    if not waiting:
        return True
    name, *others = waiting
    bits = [1 << index for index in range(masks[name].bit_length()) if masks[name] >> index & 1]
    return any(_can_extend({**chosen, name: bit}, others, masks, facts) for bit in (0, *bits))


def _is_broken(fact: Incompatibility, chosen: Mapping[str, int]) -> bool:
    """Whether all its terms hold, so far as packages are decided."""
    return all(
        name in chosen and bool(chosen[name] & mask) == positive
        for name, (positive, mask) in fact.terms.items()
    )
