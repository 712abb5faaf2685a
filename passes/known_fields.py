"""What fields of instances hold, as far as the code has seen: loaded once, typed when stored.

Before: ``v2 = object.load_value v1 name="x"``, ``v3: obj<int> = guard.type v2 cls="int"`` ...
        ``v5: obj? = object.store_value v1, v4 name="x"``, ``ref.drop v5`` ...
        ``v6 = object.load_value v1 name="x"``
After:  ``v5: obj<int>`` is what v3 was, whose release nobody can notice, and v6 is v4

What a field holds is known from a load or store on, up to an op that may run Python code, or
that stores to a field of that name in what may be the same object. The fields of a new object
are null. Checks of how an object keeps its fields hold as long.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, Final

from dx_py.ir.core import Block, Function, Op, Value, substitute
from dx_py.ir.dominance import predecessors, reverse_postorder
from dx_py.ir.opcodes import Effect, Ownership
from dx_py.ir.parameters import NULL_CLASS
from dx_py.passes.assumption_guards import may_finalize

_LOADS: Final = ("object.load_value", "object.load_slot", "object.load_field")
_STORES: Final = ("object.store_value", "object.store_slot", "object.store_field")
_CHECKS: Final = ("guard.values", "guard.field", "guard.unshadowed")


@dataclass(frozen=True, slots=True)
class KnownFields:
    name: ClassVar[str] = "known-fields"

    def apply(self, function: Function) -> bool:
        walk = _Walk({value: op for op in function.ops() for value in op.results})
        preds = predecessors(function)
        after: dict[Block, _Facts] = {}
        for block in reverse_postorder(function):
            facts = _common([after.get(pred) for pred in preds[block]])
            block.ops = [op for op in block.ops if not walk.visit(op, facts)]
            after[block] = facts
        substitute(function, walk.replacements)
        return walk.changed


@dataclass(slots=True)
class _Facts:
    """``fields``: what an object has under a name. ``checked``: what has been checked of it.

    ``fresh``: objects made here, of which all fields not in ``fields`` are null.
    """

    fields: dict[tuple[Value, str], Value] = field(default_factory=dict)
    checked: set[tuple[object, ...]] = field(default_factory=set)
    fresh: set[Value] = field(default_factory=set)

    def forget(self) -> None:
        self.fields.clear()
        self.checked.clear()
        self.fresh.clear()


def _common(sources: list[_Facts | None]) -> _Facts:
    """What holds on every way here; nothing where one of them is not known yet."""
    known = [facts for facts in sources if facts is not None]
    if not known or len(known) < len(sources):
        return _Facts()
    first, *others = known
    fields = {
        key: value
        for key, value in first.fields.items()
        if all(other.fields.get(key) is value for other in others)
    }
    # A field that one way has stored to is not null on it.
    fresh = first.fresh.intersection(*(other.fresh for other in others))
    stored = {key for facts in known for key in facts.fields} - fields.keys()
    fresh -= {owner for owner, _ in stored}
    checked = first.checked.intersection(*(other.checked for other in others))
    return _Facts(fields, checked, fresh)


@dataclass(slots=True)
class _Walk:
    definitions: Mapping[Value, Op]
    replacements: dict[Value, Value] = field(default_factory=dict)
    changed: bool = False

    def visit(self, op: Op, facts: _Facts) -> bool:
        """Note what the op establishes or ends; whether it is not needed."""
        if op.opcode in _LOADS:
            return self._load(op, facts)
        if op.opcode in _CHECKS:
            return self._check(op, facts)
        if op.opcode in _STORES:
            self._store(op, facts)
        elif op.spec.ownership is Ownership.ALIAS:
            self._refine(op, facts)
        elif op.opcode == "object.new":
            facts.fresh.add(op.result)
        elif Effect.PYTHON in op.spec.effects or may_finalize(op) or op.opcode == "dict.set":
            # A dict may be that of an instance.
            facts.forget()
        return False

    def _root(self, value: Value) -> Value:
        while True:
            value = self.replacements.get(value, value)
            op = self.definitions.get(value)
            if op is None or op.spec.ownership is not Ownership.ALIAS:
                return value
            value = op.operands[0]

    def _load(self, op: Op, facts: _Facts) -> bool:
        key = self._root(op.operands[0]), op.text_attr("name")
        known = facts.fields.setdefault(key, op.result)
        if known is op.result:
            return False
        self.replacements[op.result] = known
        self.changed = True
        return True

    def _check(self, op: Op, facts: _Facts) -> bool:
        key = op.opcode, self._root(op.operands[0]), *op.attrs.items()
        if key in facts.checked:
            self.changed = True
            return True
        facts.checked.add(key)
        return False

    def _store(self, op: Op, facts: _Facts) -> None:
        owner, name = self._root(op.operands[0]), op.text_attr("name")
        known = facts.fields.get((owner, name))
        if known is not None and known.type.is_leaf:
            self._type_old(op, known.type.cls)
        elif known is None and owner in facts.fresh:
            self._type_old(op, NULL_CLASS)
        self._end_aliases(owner, name, facts)
        facts.fields[owner, name] = op.operands[1]
        # A new name may hide one of the class.
        facts.checked = {key for key in facts.checked if key[0] != "guard.unshadowed"}

    def _end_aliases(self, owner: Value, name: str, facts: _Facts) -> None:
        """Two new objects are not the same; another may be one of them."""
        if owner not in facts.fresh:
            facts.fresh.clear()
        for key in [key for key in facts.fields if key[1] == name]:
            if not (owner in facts.fresh and key[0] in facts.fresh):
                del facts.fields[key]

    def _type_old(self, op: Op, cls: str | None) -> None:
        if op.result.type.cls != cls:
            op.result.type = replace(op.result.type, cls=cls)
            self.changed = True

    def _refine(self, op: Op, facts: _Facts) -> None:
        """A field's value under a name whose class is known."""
        root = self._root(op.operands[0])
        for key, value in facts.fields.items():
            if self._root(value) is root:
                facts.fields[key] = op.result
