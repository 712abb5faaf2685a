"""Which values are needed after a point: by operands, edges and frame states."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dx_py.ir.core import Block, Function, Op, Value
from dx_py.ir.dominance import reverse_postorder


@dataclass(frozen=True, slots=True)
class Liveness:
    """``live_in``: needed at a block's start, its parameters included if used."""

    live_in: dict[Block, frozenset[Value]]

    def live_out(self, block: Block) -> set[Value]:
        """Needed by the successors; the arguments of the edges are the terminator's uses."""
        return {
            value
            for edge in block.successors
            for value in self.live_in[edge.block].difference(edge.block.parameters)
        }

    def after_each(self, block: Block) -> Iterator[tuple[Op, set[Value]]]:
        """Each op, last first, with what is live after it. The sets are the caller's."""
        live = self.live_out(block)
        for op in reversed(block.ops):
            yield op, set(live)
            live.difference_update(op.results)
            live.update(uses(op))


def uses(op: Op) -> Iterator[Value]:
    """Every value an op needs, with repetitions."""
    yield from op.operands
    for edge in op.successors:
        yield from edge.arguments
    if op.state is not None:
        yield from op.state.values()


def compute_liveness(function: Function) -> Liveness:
    """Backward data flow to a fixed point."""
    order = reverse_postorder(function)[::-1]
    needs = {block: _needs(block) for block in order}
    live_in: dict[Block, frozenset[Value]] = {block: frozenset() for block in function.blocks}
    result = Liveness(live_in)
    changed = True
    while changed:
        changed = False
        for block in order:
            needed, made = needs[block]
            live = result.live_out(block).difference(made) | needed
            if live != live_in[block]:
                live_in[block] = frozenset(live)
                changed = True
    return result


def _needs(block: Block) -> tuple[set[Value], set[Value]]:
    """What the block needs from before it, and what its ops make."""
    needed: set[Value] = set()
    made: set[Value] = set()
    for op in reversed(block.ops):
        needed.difference_update(op.results)
        needed.update(uses(op))
        made.update(op.results)
    return needed, made
