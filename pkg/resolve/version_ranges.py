"""Sets of candidates in words: ``1.0``, ``1.0 to 1.4``, ``every version``."""

from __future__ import annotations

from packaging.version import Version

from dx_py.pkg.resolve.candidate import Candidate

_MOST_RANGES = 3


def describe(mask: int, universe: list[Candidate]) -> str:
    """The versions in ``mask`` among all candidates of a package, oldest first."""
    ordered = sorted(range(len(universe)), key=lambda index: universe[index].version)
    if not ordered:
        return "no version"
    chosen = [bool(mask >> index & 1) for index in ordered]
    if all(chosen):
        return "every version" if len(ordered) > 1 else str(universe[ordered[0]].version)
    versions = [universe[index].version for index in ordered]
    ranges = _ranges(chosen, versions)
    if not ranges:
        return "no version"
    if len(ranges) > _MOST_RANGES:
        left_out = len(ranges) - _MOST_RANGES
        ranges = [*ranges[-_MOST_RANGES:], f"{left_out} older ranges"]
    return " and ".join([", ".join(ranges[:-1]), ranges[-1]] if len(ranges) > 1 else ranges)


def _ranges(chosen: list[bool], versions: list[Version]) -> list[str]:
    found: list[str] = []
    start = None
    for position, is_in in enumerate([*chosen, False]):
        if is_in and start is None:
            start = position
        elif not is_in and start is not None:
            found.append(_range(versions[start], versions[position - 1]))
            start = None
    return found


def _range(first: Version, last: Version) -> str:
    return str(first) if first == last else f"{first} to {last}"
