"""Which values native code must own, and which it may borrow.

A *root* is a value that is not merely another name (a guarded one is). Its ownership is

- pinned: held by the caller, the code object or the pack while the function runs;
- owned: a new reference, an argument that was given away, or a parameter that some edge gives
  an owned root to;
- borrowed: read from a container. It becomes owned where it is needed across an op that may
  free what the heap holds: an op that runs Python code, a release that may, or, for numbers
  and what might be one, an op that overwrites or frees a number's box.

Boxes that only frame states use are *virtual*: they are never made, and nothing owns them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from dx_py.ir.core import Block, Edge, Function, Op, Value
from dx_py.ir.liveness import Liveness, compute_liveness, uses
from dx_py.ir.opcodes import Effect, Ownership
from dx_py.ir.parameters import NULL_CLASS, incoming


@dataclass(slots=True)
class Owners:
    """The result of ``analyze``; ``owned`` holds roots."""

    roots: dict[Value, Value]
    virtual: frozenset[Value]
    liveness: Liveness
    owned: set[Value] = field(default_factory=set)
    pinned: set[Value] = field(default_factory=set)

    def owned_root(self, value: Value) -> Value | None:
        root = self.roots.get(value)
        return root if root in self.owned else None

    def owned_among(self, values: Iterable[Value]) -> list[Value]:
        """The owned roots of ``values``, each once, in order of their numbers."""
        roots = {root for value in values if (root := self.owned_root(value)) is not None}
        return sorted(roots, key=lambda root: root.number)

    def is_leaf_at(self, op: Op, root: Value) -> bool:
        """Whether releasing ``root`` after ``op`` runs no Python code."""
        names = (v for v in [*uses(op), *op.results] if self.roots.get(v) is root)
        return root.type.is_leaf or any(name.type.is_leaf for name in names)

    def object_uses(self, op: Op) -> Iterator[Value]:
        return (value for value in uses(op) if value in self.roots)


def analyze(function: Function) -> Owners:
    owners = Owners(_roots(function), virtual_boxes(function), compute_liveness(function))
    for virtual in owners.virtual:
        owners.roots.pop(virtual, None)
    _classify(function, owners)
    while _close(function, owners):
        pass
    return owners


def virtual_boxes(function: Function) -> frozenset[Value]:
    """Results of ``box.*`` that no op and no edge needs as an object."""
    needed = {
        value
        for op in function.ops()
        for value in [*op.operands, *(a for edge in op.successors for a in edge.arguments)]
    }
    return frozenset(
        op.result
        for op in function.ops()
        if op.opcode.startswith("box.") and op.result not in needed
    )


def _roots(function: Function) -> dict[Value, Value]:
    """The root of each object value."""
    roots = {p: p for block in function.blocks for p in block.parameters if p.type.is_object}
    aliases = []
    for op in function.ops():
        if op.spec.ownership is Ownership.ALIAS:
            aliases.append((op.result, op.operands[0]))
        else:
            roots.update((value, value) for value in op.results if value.type.is_object)
    while aliases:
        aliases = [(name, of) for name, of in aliases if not _alias(roots, name, of)]
    return roots


def _alias(roots: dict[Value, Value], name: Value, of: Value) -> bool:
    if of not in roots:
        return False
    roots[name] = roots[of]
    return True


def _classify(function: Function, owners: Owners) -> None:
    arguments = (p for p in function.entry.parameters if p in owners.roots)
    (owners.owned if function.owns_arguments else owners.pinned).update(arguments)
    for op in function.ops():
        if op.spec.ownership is Ownership.NEW:
            owners.owned.update(
                v for v in op.results if v in owners.roots and v.type.cls != NULL_CLASS
            )
        elif op.spec.ownership is Ownership.PINNED:
            owners.pinned.update(op.results)
    _pin_parameters(function, owners)


def _pin_parameters(function: Function, owners: Owners) -> None:
    """Parameters that only pinned values reach, optimistically."""
    sources = {
        parameter: [owners.roots.get(edge[i]) for edge in edges]
        for block, edges in incoming(function).items()
        for i, parameter in enumerate(block.parameters)
        if edges and parameter in owners.roots
    }
    candidates = set(sources)
    while bad := {
        p
        for p in candidates
        if not all(s in owners.pinned or s in candidates for s in sources[p])
    }:
        candidates -= bad
    owners.pinned.update(candidates)


def _close(function: Function, owners: Owners) -> bool:
    """One round of the rules; whether anything became owned."""
    before = len(owners.owned)
    for block, edges in incoming(function).items():
        for i, parameter in enumerate(block.parameters):
            if any(owners.owned_root(edge[i]) is not None for edge in edges):
                owners.owned.add(parameter)
    for block in function.blocks:
        for op, live in owners.liveness.after_each(block):
            _own_across(op, live, owners)
        for edge in block.successors:
            if not all(root.type.is_leaf for root in dying_on_edge(block, edge, owners)):
                _own(owners.liveness.live_in[edge.block], owners)
    return len(owners.owned) != before


def _own_across(op: Op, live: set[Value], owners: Owners) -> None:
    if _releases_unknown(op, live, owners):
        # The release comes after the op: what it has just read from the container too.
        _own(live, owners)
        _own(op.operands, owners)
    effects = op.spec.effects
    live.difference_update(op.results)
    if Effect.PYTHON in effects:
        _own(live, owners)
        _own(op.operands, owners)
    elif Effect.FREE_LEAF in effects:
        _own((v for v in live if v.type.is_leaf or v.type.cls is None), owners)


def _own(values: Iterable[Value], owners: Owners) -> None:
    for value in values:
        root = owners.roots.get(value)
        if root is not None and root not in owners.pinned:
            owners.owned.add(root)


def _releases_unknown(op: Op, live: set[Value], owners: Owners) -> bool:
    """Whether something that may have a finaliser dies here, by use or unused."""
    if op.spec.terminator:
        return False
    stolen = {*map(owners.owned_root, op.stolen)}
    alive = {owners.owned_root(value) for value in live}
    for root in owners.owned_among([*owners.object_uses(op), *op.results]):
        if root not in stolen and root not in alive and not owners.is_leaf_at(op, root):
            return True
    return False


def dying_on_edge(pred: Block, edge: Edge, owners: Owners) -> list[Value]:
    """Owned roots alive at the end of ``pred`` that ``edge`` neither keeps nor moves on."""
    target = edge.block
    alive = owners.liveness.live_out(pred) | set(uses(pred.terminator))
    kept = {owners.roots.get(v) for v in owners.liveness.live_in[target]}
    moved = {
        owners.roots.get(argument)
        for argument, parameter in zip(edge.arguments, target.parameters, strict=True)
        if parameter in owners.owned
    }
    return [root for root in owners.owned_among(alive) if root not in kept | moved]
