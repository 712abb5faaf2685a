"""Normalised distribution and extra names (PEP 503, PEP 685), without importing ``re``."""

from __future__ import annotations

from typing import NewType

NormalizedName = NewType("NormalizedName", str)

_SEPARATORS = str.maketrans("_.", "--")


def normalize(name: str) -> NormalizedName:
    """``Foo__Bar.baz`` gives ``foo-bar-baz``: lower case, runs of ``-_.`` become one ``-``."""
    lowered = name.lower().translate(_SEPARATORS)
    while "--" in lowered:
        lowered = lowered.replace("--", "-")
    return NormalizedName(lowered)
