"""SSA functions as text; ``parser`` reads it back.

    function add {
    b0(v0: obj, v1: obj):
      v2: obj = py.binary_op v0, v1 op="+" @0:4(v0, v1 | )
      return v2
    }

A frame state is ``@code:pc(locals | stack)``, ``_`` an unbound local, ``!`` after the pc a
dropped result, and `` in @...`` the caller's state; ``owned v1, v2`` may follow it.
``function add owning {`` is given its arguments away.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from dx_py.ir.core import Attr, Block, Edge, FrameState, Function, Op, Value


def format_function(function: Function) -> str:
    owning = " owning" if function.owns_arguments else ""
    lines = [f"function {function.name}{owning} {{"]
    for block in function.blocks:
        lines.extend(_block_lines(block))
    return "\n".join([*lines, "}"]) + "\n"


def _block_lines(block: Block) -> Iterator[str]:
    yield f"{block}({_declarations(block.parameters)}):"
    for op in block.ops:
        yield "  " + format_op(op)


def format_op(op: Op) -> str:
    """One op on one line, without indentation."""
    results = f"{_declarations(op.results)} = " if op.results else ""
    parts = [op.opcode]
    if op.operands:
        parts.append(", ".join(map(str, op.operands)))
    parts.extend(f"{name}={_attr(op.attrs[name])}" for name, _ in op.spec.attrs)
    parts.extend(map(_edge, op.successors))
    if op.state is not None:
        parts.append(format_state(op.state))
    if op.owned:
        parts.append(f"owned {', '.join(map(str, op.owned))}")
    return results + " ".join(parts)


def format_state(state: FrameState) -> str:
    values = ", ".join("_" if value is None else str(value) for value in state.locals)
    drop = "!" if state.drops_result else ""
    text = f"@{state.code}:{state.pc}{drop}({values} | {', '.join(map(str, state.stack))})"
    return text if state.parent is None else f"{text} in {format_state(state.parent)}"


def _declarations(values: list[Value] | tuple[Value, ...]) -> str:
    return ", ".join(f"{value}: {value.type}" for value in values)


def _edge(edge: Edge) -> str:
    return f"{edge.block}({', '.join(map(str, edge.arguments))})"


def _attr(value: Attr) -> str:
    # Hexadecimal keeps every bit, the sign of zero included; a NaN's payload is not kept.
    return value.hex() if isinstance(value, float) else json.dumps(value)
