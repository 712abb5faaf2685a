"""Make references explicit: retain what must be owned, release it where it is last needed.

Before: ``v3: obj = list.get v1, v2 ...``, ``v4 = py.call ...``, ``return v3``
After:  ``v3: obj = list.get v1, v2 ...``, ``ref.retain v3``, ``v4 = py.call ...``,
        ``ref.release v4``, ``return v3``

Runs last: the passes before it see values, and what they removed needs no counting. A frame
state is a use, so a local lives as long as it does in the interpreter wherever anybody could
tell; ``ref.drop`` then marks where the interpreter gives it up, and goes. Each op that may
leave gets the list of what native code owns at that point (``Op.owned``).

Invariants afterwards: every owned root is released, moved to a parameter, stolen by an op, or
in ``owned`` of an exit, exactly once on every path.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from dx_py.ir.core import Block, Edge, FrameState, Function, Op, Value
from dx_py.ir.dominance import DominatorTree
from dx_py.ir.liveness import uses
from dx_py.ir.opcodes import DROPS, Ownership
from dx_py.ir.parameters import NULL_CLASS
from dx_py.ir.types import I1
from dx_py.passes.ownership import Owners, analyze, dying_on_edge


@dataclass(frozen=True, slots=True)
class RefcountInsertion:
    name: ClassVar[str] = "refcounts"
    required: ClassVar[bool] = True

    def apply(self, function: Function) -> bool:
        _split_critical_edges(function)
        owners = analyze(function)
        starts: dict[Block, list[Op]] = {}
        tree = DominatorTree(function)
        before = {block: list(block.ops) for block in function.blocks}
        for block in function.blocks:
            _Counting(function, owners, block, starts, tree, before).run()
        for block, ops in starts.items():
            block.ops[:0] = ops
        return True


def _split_critical_edges(function: Function) -> None:
    """So that a release on an edge has a block of its own. Before ownership is known: what
    dies where that block begins may hold what its end gives away."""
    counts: dict[Block, int] = {}
    for block in function.blocks:
        for edge in block.successors:
            counts[edge.block] = counts.get(edge.block, 0) + 1
    for block in list(function.blocks):
        if len(block.successors) > 1:
            for edge in block.successors:
                if counts[edge.block] > 1:
                    _split(function, edge)


def _split(function: Function, edge: Edge) -> None:
    middle = function.new_block()
    middle.ops = [Op("jump", [], successors=[Edge(edge.block, edge.arguments)])]
    edge.block, edge.arguments = middle, []
    function.blocks.append(middle)


@dataclass(slots=True)
class _Counting:
    function: Function
    owners: Owners
    block: Block
    #: What goes to the start of other blocks, once all are done.
    starts: dict[Block, list[Op]]
    tree: DominatorTree
    #: The ops of each block as they were.
    ops: dict[Block, list[Op]]

    def run(self) -> None:
        """Backwards through the block, with what is live after each op."""
        result: list[Op] = []
        for op, live in self.owners.liveness.after_each(self.block):
            kept = [] if op.opcode in DROPS else [op]
            result[:0] = [*self._before(op, live), *kept, *self._after(op, live)]
        self.starts.setdefault(self.block, [])[:0] = self._unused_parameters()
        self.block.ops = result

    def _before(self, op: Op, live: set[Value]) -> list[Op]:
        """Retains for references that are given away and needed further, or never owned."""
        self._set_owned(op, live)
        if op.successors:
            return self._edges(op)
        kept = {self.owners.owned_root(value) for value in live}
        retains: list[Op] = []
        for value in op.stolen:
            root = self.owners.owned_root(value)
            if (root is None or root in kept) and value.type.cls != NULL_CLASS:
                retains.append(self.function.new_op("ref.retain", [value]))
            # What is given away twice needs two references.
            kept.add(root)
        return retains

    def _after(self, op: Op, live: set[Value]) -> list[Op]:
        """Retains of what was borrowed, releases of what ends here."""
        if op.spec.terminator:
            return []
        retains = self._retains(op)
        alive = {self.owners.owned_root(value) for value in live}
        stolen = {*map(self.owners.owned_root, op.stolen)}
        ending = self.owners.owned_among([*uses(op), *op.results])
        dead = [root for root in ending if root not in alive and root not in stolen]
        # A finaliser sees the numbers that go with what it is of.
        leaves = [root for root in dead if self.owners.is_leaf_at(op, root)]
        others = [self._release(r, op, live | {*leaves}) for r in dead if r not in leaves]
        return [*retains, *others, *(self._release(root, op, live) for root in leaves)]

    def _retains(self, op: Op) -> list[Op]:
        if op.spec.ownership is not Ownership.HEAP:
            return []
        owned = [value for value in op.results if value in self.owners.owned]
        retains = [self.function.new_op("ref.retain", [value]) for value in owned]
        if retains and op.results[-1].type is I1:
            # There is an item only where the iterator has not ended.
            body = self.block.successors[0].block
            self.starts.setdefault(body, []).extend(retains)
            return []
        return retains

    def _set_owned(self, op: Op, live: set[Value]) -> None:
        """What native code owns if it leaves at ``op``: all that is live before it."""
        if op.state is not None and op.opcode not in DROPS:
            before = {*live.difference(op.results), *uses(op)}
            op.owned = tuple(self.owners.owned_among(before))

    def _edges(self, op: Op) -> list[Op]:
        made: list[Op] = []
        for edge in op.successors:
            ops = self._edge(edge)
            # With several successors each has this block as its only predecessor.
            if len(op.successors) == 1:
                made += ops
            elif ops:
                self.starts.setdefault(edge.block, []).extend(ops)
        return made

    def _edge(self, edge: Edge) -> list[Op]:
        """Move or retain arguments; release what the target does not need."""
        live_in = self.owners.liveness.live_in[edge.block]
        kept = {self.owners.owned_root(v) for v in live_in.difference(edge.block.parameters)}
        retains: list[Op] = []
        moved: set[Value] = set()
        for argument, parameter in zip(edge.arguments, edge.block.parameters, strict=True):
            if parameter not in self.owners.owned or argument.type.cls == NULL_CLASS:
                continue
            root = self.owners.owned_root(argument)
            if root is None or root in kept or root in moved:
                retains.append(self.function.new_op("ref.retain", [argument]))
            else:
                moved.add(root)
        dead = dying_on_edge(self.block, edge, self.owners)
        live = set(live_in)
        return retains + [
            self._release(root, self.block.terminator, live)
            for root in dead
            if root not in kept and self._is_defined_on(edge, root)
        ]

    def _is_defined_on(self, edge: Edge, root: Value) -> bool:
        """The item of a ``*_next`` op is none where the iterator has ended."""
        branch = self.block.terminator
        if branch.opcode != "branch" or edge is not branch.successors[1]:
            return True
        return not any(
            root in op.results and branch.operands[0] in op.results for op in self.block.ops
        )

    def _unused_parameters(self) -> list[Op]:
        live = self.owners.liveness.live_in[self.block]
        roots = {self.owners.owned_root(value) for value in live}
        return [
            self._release(parameter, self.block.ops[0], set(live))
            for parameter in self.block.parameters
            if parameter in self.owners.owned and parameter not in roots
        ]

    def _release(self, root: Value, at: Op, live: set[Value]) -> Op:
        if self.owners.is_leaf_at(at, root):
            return self.function.new_op("ref.release_leaf", [root])
        if at.opcode == "ref.drop_last":
            return self.function.new_op("ref.release_last", [root])
        alive = {self.owners.roots.get(value) for value in live}
        state = self._visible_state(root, at, alive)
        return self.function.new_op("ref.release", [root], state=state)

    def _visible_state(self, root: Value, at: Op, live: set[Value | None]) -> FrameState:
        """What a finaliser sees: the locals that are still alive, at the nearest state."""

        def visible(value: Value | None) -> Value | None:
            found = self.owners.roots.get(value) if value else None
            virtual = value in self.owners.virtual
            return value if virtual or found in live or found in self.owners.pinned else None

        def shown(state: FrameState) -> FrameState:
            parent = state.parent and shown(state.parent)
            names = tuple(map(visible, state.locals))
            return replace(state, locals=names, stack=(), parent=parent)

        return shown(self._dropped_at(root, at) or self._state_near(at))

    def _dropped_at(self, root: Value, at: Op) -> FrameState | None:
        """Where the interpreter gives it up, if a later guard that resumes before kept it."""
        here = self.block.ops[self.block.ops.index(at) :: -1]
        for op in [*here, *self._ops_above()]:
            if op.opcode in DROPS and self.owners.roots.get(op.operands[0]) is root:
                return op.state
        return None

    def _ops_above(self) -> Iterator[Op]:
        """Those of the blocks that dominate this one, last first."""
        for block in [*self.tree.ancestors(self.block)][1:]:
            yield from reversed(self.ops[block])

    def _state_near(self, at: Op) -> FrameState:
        index = self.block.ops.index(at)
        here = self.block.ops
        ordered = [*here[index::-1], *here[index:], *self._ops_above()]
        state = next((op.state for op in ordered if op.state is not None), None)
        if state is None:
            raise MissingStateError(f"no frame state to release in before {self.block}")
        return state


class MissingStateError(Exception):
    """A release that may run Python code, where the interpreter's frame is not known."""
