"""One exit for each region without effects: guards resume where the last effect ended.

Before: ``guard.type v1 ... @0:4(...)``, ``float.div v2, v3 @0:9(...)``
After:  both resume at ``@0:4(...)``: doing the computations between again is harmless

It shortens the code (exits are most of it), and lets values die sooner. The guard that failed
is still told apart: each has its own number. A region goes on into a block with one
predecessor.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dx_py.ir.core import Block, FrameState, Function, Op
from dx_py.ir.dominance import DominatorTree, predecessors
from dx_py.ir.opcodes import Effect, Exit
from dx_py.passes.assumption_guards import may_finalize

_ENDS_REGION = Effect.WRITE | Effect.FREE_LEAF | Effect.PYTHON


@dataclass(frozen=True, slots=True)
class ExitSharing:
    name: ClassVar[str] = "share-exits"

    def apply(self, function: Function) -> bool:
        preds = predecessors(function)
        after: dict[Block, FrameState | None] = {}
        changed = False
        for block in DominatorTree(function).order:
            region = after[preds[block][0]] if len(preds[block]) == 1 else None
            for op in block.ops:
                region, moved = _share(op, region)
                changed |= moved
            after[block] = region
        return changed


def _share(op: Op, region: FrameState | None) -> tuple[FrameState | None, bool]:
    """The region's state after the op, and whether the op resumes elsewhere now."""
    moved = False
    if op.spec.exit is Exit.GUARD:
        if region is not None and region != op.state:
            op.state, moved = region, True
        region = op.state
    # An op that raises does so at its own instruction, and is not done twice. Where a finalizer
    # may run, it runs there: not after checks of what it may change.
    if op.spec.exit is Exit.THROW or op.spec.effects & _ENDS_REGION or may_finalize(op):
        region = None
    return region, moved
