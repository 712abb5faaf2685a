"""Block parameters: drop the redundant ones, refine what the rest may hold.

Before: ``b2(v7: obj?): ...`` where every edge passes ``v3`` or ``v7`` itself
After:  uses of ``v7`` are uses of ``v3``
"""

from __future__ import annotations

from dataclasses import replace

from dx_py.ir.core import Block, Function, Value, substitute
from dx_py.ir.dominance import reverse_postorder
from dx_py.ir.types import Type


def prune_parameters(function: Function) -> bool:
    """Remove unreachable blocks and redundant parameters, refine types; whether changed."""
    changed = remove_unreachable(function)
    while replacements := _redundant(function):
        _remove(function, replacements)
        substitute(function, replacements)
        changed = True
    return refine_types(function) or changed


def remove_unreachable(function: Function) -> bool:
    reachable = set(reverse_postorder(function))
    before = len(function.blocks)
    function.blocks = [block for block in function.blocks if block in reachable]
    return len(function.blocks) != before


def incoming(function: Function) -> dict[Block, list[list[Value]]]:
    """For each block the arguments of each edge that leads to it."""
    result: dict[Block, list[list[Value]]] = {block: [] for block in function.blocks}
    for block in function.blocks:
        for edge in block.successors:
            result[edge.block].append(edge.arguments)
    return result


def _redundant(function: Function) -> dict[Value, Value]:
    found: dict[Value, Value] = {}
    for block, edges in incoming(function).items():
        for index, parameter in enumerate(block.parameters):
            sources = {edge[index] for edge in edges} - {parameter}
            if edges and len(sources) == 1:
                found[parameter] = sources.pop()
    return found


def _remove(function: Function, parameters: dict[Value, Value]) -> None:
    for block in function.blocks:
        for edge in block.successors:
            edge.arguments = [
                argument
                for argument, parameter in zip(
                    edge.arguments, edge.block.parameters, strict=True
                )
                if parameter not in parameters
            ]
    for block in function.blocks:
        block.parameters = [p for p in block.parameters if p not in parameters]


def refine_types(function: Function) -> bool:
    """Class and nullability of object parameters from all edges, optimistically."""
    sources = _sources(function)
    types: dict[Value, Type | None] = dict.fromkeys(sources)
    stable = False
    while not stable:
        stable = True
        for parameter, values in sources.items():
            met = _meet([types.get(value, value.type) for value in values])
            stable = stable and met == types[parameter]
            types[parameter] = met
    changed = False
    for parameter, type_ in types.items():
        if type_ is not None and type_ != parameter.type:
            parameter.type = type_
            changed = True
    return changed


def _sources(function: Function) -> dict[Value, list[Value]]:
    return {
        parameter: [edge[index] for edge in edges]
        for block, edges in incoming(function).items()
        for index, parameter in enumerate(block.parameters)
        if edges and parameter.type.is_object
    }


def _meet(types: list[Type | None]) -> Type | None:
    """None is "not known yet". Null alone has no class, and does not spoil another's."""
    known = [t for t in types if t is not None]
    if not known:
        return None
    nullable = any(t.nullable for t in known)
    classes = {t.cls for t in known if t.cls != NULL_CLASS}
    if not classes:
        return known[0]
    return replace(
        known[0], cls=classes.pop() if len(classes) == 1 else None, nullable=nullable
    )


#: The class of the null constant: of no object, so it joins with any class.
NULL_CLASS = "null"
