"""Statements about one package, as bit masks over its list of candidates.

A term is a pair ``(positive, mask)``. Positive: the package is selected, and the candidate
is one of ``mask``. Negative: the package is not selected, or the candidate is none of
``mask``. What is known of a package is itself a term, or None while nothing is.
"""

from __future__ import annotations

from collections.abc import Iterator

Term = tuple[bool, int]

SATISFIED = 1
CONTRADICTED = -1
OPEN = 0


def negate(term: Term) -> Term:
    return not term[0], term[1]


def intersect(known: Term | None, term: Term) -> Term:
    """Both hold."""
    if known is None:
        return term
    positive, mask = known
    if positive:
        return True, mask & term[1] if term[0] else mask & ~term[1]
    if term[0]:
        return True, term[1] & ~mask
    return False, mask | term[1]


def unite(left: Term, right: Term) -> Term:
    """At least one of them holds."""
    return negate(intersect(negate(left), negate(right)))


def relation(known: Term | None, term: Term) -> int:
    """Whether what is known implies ``term``, excludes it, or leaves it open."""
    if known is None:
        return OPEN
    positive, mask = known
    if not positive:
        implied = term[1] & ~mask == 0
        if term[0]:
            return CONTRADICTED if implied else OPEN
        return SATISFIED if implied else OPEN
    inside = mask & ~term[1] == 0
    outside = mask & term[1] == 0
    if inside and outside:  # nothing is left of the package: everything is implied
        return SATISFIED
    if inside:
        return SATISFIED if term[0] else CONTRADICTED
    if outside:
        return CONTRADICTED if term[0] else SATISFIED
    return OPEN


def lowest_bits(mask: int, count: int) -> Iterator[int]:
    """The places of at most ``count`` candidates of a mask, the best first."""
    for _ in range(count):
        if not mask:
            return
        bit = mask & -mask
        yield bit.bit_length() - 1
        mask ^= bit


def is_always_true(term: Term) -> bool:
    return not term[0] and term[1] == 0
