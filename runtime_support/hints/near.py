"""Names near a mistyped one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def near_names(name: str, known: Iterable[str], *, most: int = 3) -> list[str]:
    """The nearest first; without regard to case, and never ``name`` itself."""
    spelled: dict[str, str] = {}
    for candidate in sorted(known):
        if candidate != name:
            spelled.setdefault(candidate.casefold(), candidate)
    close = difflib.get_close_matches(name.casefold(), spelled, n=most, cutoff=0.7)
    return [spelled[match] for match in close]


def listed(names: list[str]) -> str:
    """``'a', 'b' or 'c'``"""
    quoted = [f"'{name}'" for name in names]
    return " or ".join(filter(None, [", ".join(quoted[:-1]), quoted[-1]]))
