"""The valid choice that a mistyped word most resembles."""

from __future__ import annotations

import os

LONGEST = 32


def nearest(word: str, choices: list[str]) -> str | None:
    """One of ``choices``, or None where all are further than a third of their length."""
    letters = os.fsencode(word)
    if len(letters) > LONGEST:
        return None
    measured = [(_distance(letters, choice.encode()), choice) for choice in choices]
    close = [row for row in measured if row[0] <= (len(row[1]) + 2) // 3]
    if not close:
        return None
    return min(close, key=lambda row: row[0])[1]


def _distance(one: bytes, other: bytes) -> int:
    """Levenshtein distance, by rows."""
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        diagonal, row[0] = row[0], i
        for j, choice in enumerate(other, start=1):
            replaced = diagonal + (letter != choice)
            diagonal, row[j] = row[j], min(replaced, row[j] + 1, row[j - 1] + 1)
    return row[-1]
