"""Where one owner's requirements disagree by their markers, and so a region must be divided.

    numpy<2 ; python_version < '3.10'      numpy>=2 ; python_version >= '3.10'

are never needed together: each part of the region gets the one that counts in it.
"""

from __future__ import annotations

from collections.abc import Sequence

from dx_py.pkg.resolve.conditions import NEVER, Condition, Cut, from_cut, python_cuts
from dx_py.pkg.resolve.requirement import Requirement


def divide_by_conditions(
    requirements: Sequence[Requirement], region: Condition
) -> list[Condition]:
    """Parts of ``region`` in each of which every repeated name has the same requirements.

    A name that is needed on newer Pythons only divides it, too: it may have no version for
    the older ones.
    """
    by_name: dict[str, dict[Condition, None]] = {}
    for requirement in requirements:
        by_name.setdefault(requirement.name, {})[requirement.condition & region] = None
    parts = [region]
    for conditions in by_name.values():
        found = [each for each in conditions if each is not NEVER]
        if len(conditions) > 1:
            for condition in found:
                parts = _split(parts, condition)
        elif found:
            parts = _split(parts, _python_bound(found[0]))
    return parts


def _split(parts: list[Condition], condition: Condition) -> list[Condition]:
    halves = [half for part in parts for half in (part & condition, part - condition)]
    return [half for half in halves if half is not NEVER]


def _python_bound(condition: Condition) -> Condition:
    """All Pythons from the condition's oldest on; nothing where it has none."""
    lower, _ = python_cuts(condition)
    return from_cut(lower) if lower is not None else NEVER


def in_solving_order(
    parts: Sequence[Condition], requirements: Sequence[Requirement]
) -> list[Condition]:
    """Newest Python first, then whatever has most upper bounds (as uv does).

    What is chosen for one part is preferred in the next: ``b<2`` may suit everybody, what
    is the newest for ``b`` will not.
    """

    def upper_bounds(part: Condition) -> int:
        return sum(
            _has_upper_bound(each)
            for each in requirements
            if each.condition & part is not NEVER
        )

    ordered = sorted(parts, key=upper_bounds, reverse=True)
    return sorted(ordered, key=_oldest_python, reverse=True)


def _oldest_python(part: Condition) -> tuple[bool, tuple[Cut, ...]]:
    lower, _ = python_cuts(part)
    return lower is not None, () if lower is None else (lower,)


def _has_upper_bound(requirement: Requirement) -> bool:
    return any(
        each.operator in ("<", "<=", "==", "===", "~=") for each in requirement.specifier
    )
