"""Names near a mistyped one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_NEAR, _AS_NEAR = 0.7, 0.1


def near_names(name: str, known: Iterable[str], *, most: int = 3) -> list[str]:
    """The nearest first, and only those about as near; no regard to case; never ``name``."""
    matcher = difflib.SequenceMatcher(b=name.casefold(), autojunk=False)
    ranked: list[tuple[float, str]] = []
    for candidate in sorted(set(known) - {name}):
        matcher.set_seq1(candidate.casefold())
        if matcher.real_quick_ratio() >= _NEAR and matcher.quick_ratio() >= _NEAR:
            ranked.append((-matcher.ratio(), candidate))
    ranked.sort()
    limit = max(_NEAR, -ranked[0][0] - _AS_NEAR) if ranked else _NEAR
    return [candidate for rank, candidate in ranked if -rank >= limit][:most]


def listed(names: list[str]) -> str:
    """``'a', 'b' or 'c'``"""
    quoted = [f"'{name}'" for name in names]
    return " or ".join(filter(None, [", ".join(quoted[:-1]), quoted[-1]]))
