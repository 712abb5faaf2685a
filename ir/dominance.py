"""Orders over the control-flow graph: reverse postorder, predecessors, dominators.

Dominators by Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm" (2001).
"""

from __future__ import annotations

from collections.abc import Iterator

from dx_py.ir.core import Block, Function


def reverse_postorder(function: Function) -> list[Block]:
    """The reachable blocks, each before its successors except along back edges."""
    order: list[Block] = []
    seen = {function.entry}
    work = [(function.entry, iter(function.entry.successors))]
    while work:
        block, edges = work[-1]
        following = next((e.block for e in edges if e.block not in seen), None)
        if following is None:
            order.append(block)
            work.pop()
        else:
            seen.add(following)
            work.append((following, iter(following.successors)))
    return order[::-1]


def predecessors(function: Function) -> dict[Block, list[Block]]:
    """For each block its predecessors, one entry an edge, in block order."""
    result: dict[Block, list[Block]] = {block: [] for block in function.blocks}
    for block in function.blocks:
        for edge in block.successors:
            result[edge.block].append(block)
    return result


class DominatorTree:
    """Immediate dominators of the reachable blocks."""

    def __init__(self, function: Function) -> None:
        self.order = reverse_postorder(function)
        self.index = {block: i for i, block in enumerate(self.order)}
        self._parent = self._compute(predecessors(function))
        self.children: dict[Block, list[Block]] = {block: [] for block in self.order}
        for block in self.order[1:]:
            self.children[self._parent[block]].append(block)

    def ancestors(self, block: Block) -> Iterator[Block]:
        """The blocks that dominate ``block``, itself first."""
        yield block
        while (parent := self._parent[block]) is not block:
            block = parent
            yield block

    def dominates(self, above: Block, below: Block) -> bool:
        """Whether every path to ``below`` passes ``above`` (each dominates itself)."""
        while self.index[below] > self.index[above]:
            below = self._parent[below]
        return above is below

    def _compute(self, preds: dict[Block, list[Block]]) -> dict[Block, Block]:
        parent = {self.order[0]: self.order[0]}
        changed = True
        while changed:
            changed = False
            for block in self.order[1:]:
                new = self._meet([p for p in preds[block] if p in parent], parent)
                changed |= parent.get(block) is not new
                parent[block] = new
        return parent

    def _meet(self, blocks: list[Block], parent: dict[Block, Block]) -> Block:
        first, *rest = blocks
        for other in rest:
            while first is not other:
                if self.index[first] > self.index[other]:
                    first = parent[first]
                else:
                    other = parent[other]
        return first
