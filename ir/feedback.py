"""What the profiler saw of one code object: how often each instruction ran, on what types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

#: Exact classes by name (``int``), or ``?`` for one the compiler cannot name.
type Classes = tuple[str, ...]
#: Not a class: one without a name, no object at all, more classes than were recorded.
_UNKNOWN: Final = frozenset({"?", "null", "*"})


@dataclass(frozen=True, slots=True)
class Feedback:
    """``counts``: samples by pc. ``classes``: for each sampled operand, deepest first.

    An operand's classes are in order of first appearance; an operand of more classes than
    were recorded ends in ``*``.
    """

    counts: Mapping[int, int] = field(default_factory=dict)
    classes: Mapping[int, tuple[Classes, ...]] = field(default_factory=dict)

    def ran(self, pc: int) -> bool:
        """Whether the instruction was ever seen; without any samples, everything was."""
        return not self.counts or pc in self.counts

    def several_classes(self, pc: int, operand: int) -> Classes:
        """The classes this operand had, if all are known by name and there are several."""
        seen = self.classes.get(pc, ())
        if operand >= len(seen) or len(seen[operand]) < 2:
            return ()
        return () if _UNKNOWN.intersection(seen[operand]) else seen[operand]

    def seen_classes(self, pc: int, operand: int) -> Classes:
        """The classes this operand had, those without a name and ``*`` among them; none if it
        had but one, or was no object at times."""
        seen = self.classes.get(pc, ())
        if operand >= len(seen) or len(seen[operand]) < 2 or "null" in seen[operand]:
            return ()
        return seen[operand]

    def only_class(self, pc: int, operand: int) -> str | None:
        """The one class this operand always had, if there was only one, and it has a name."""
        seen = self.classes.get(pc, ())
        if operand >= len(seen) or len(seen[operand]) != 1 or seen[operand][0] in _UNKNOWN:
            return None
        return seen[operand][0]
