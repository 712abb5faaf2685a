"""The invariants of SSA functions, checked before the first pass and after each change.

Structure
  - there is an entry block, no block appears twice, and edges lead to blocks of the function
  - each block ends in its only terminator, with as many successors as the table says
  - an edge has one argument for each parameter, of the parameter's representation; an
    argument that may be null goes only to a parameter that may be null
  - no edge leads to the entry
Values
  - each value is defined once, and its definition dominates each use, those of frame states
    and edges included
Ops
  - operand and result counts and representations, and attributes, are the table's
  - an operand that may be null is given only where the table allows it
  - a frame state is present exactly where the table asks for one

All problems are collected; ``InvalidIRError`` carries them, each with its place.
"""

from __future__ import annotations

from collections.abc import Iterator

from dx_py.ir.core import Block, Edge, Function, InvalidIRError, Op, Value
from dx_py.ir.dominance import DominatorTree
from dx_py.ir.liveness import uses
from dx_py.ir.opcodes import OPCODES
from dx_py.ir.printer import format_op
from dx_py.ir.types import Type


def verify(function: Function, when: str) -> None:
    """Raise InvalidIRError with every broken invariant; ``when`` says what ran just before."""
    problems = list(check(function))
    if problems:
        listing = "\n".join(f"  {problem}" for problem in problems)
        raise InvalidIRError(f"function {function.name}, {when}:\n{listing}")


def check(function: Function) -> Iterator[str]:
    """Every broken invariant, as ``block: op: message``."""
    structural = [*_check_structure(function)]
    yield from structural
    for block in function.blocks:
        for op in block.ops:
            yield from (f"{block}: {_shown(op)}: {text}" for text in _check_op(op))
    # Orders and uses need the table's rows and every block's terminator.
    if not structural and all(op.opcode in OPCODES for op in function.ops()):
        yield from _check_dominance(function)


def _shown(op: Op) -> str:
    return format_op(op) if op.opcode in OPCODES else op.opcode


def _check_structure(function: Function) -> Iterator[str]:
    if not function.blocks:
        yield "no entry block"
    if len(set(function.blocks)) != len(function.blocks):
        yield "a block appears twice"
    for block in function.blocks:
        yield from (f"{block}: {text}" for text in _check_block(function, block))


def _check_block(function: Function, block: Block) -> Iterator[str]:
    terminators = [op for op in block.ops if op.opcode in OPCODES and op.spec.terminator]
    if len(terminators) != 1 or block.ops[-1] is not terminators[0]:
        yield "does not end in its only terminator"
        return
    for edge in block.successors:
        if edge.block not in function.blocks:
            yield f"edge to {edge.block}, which is not in the function"
        elif edge.block is function.entry:
            yield "edge to the entry block"
        else:
            yield from _check_edge(edge)


def _check_edge(edge: Edge) -> Iterator[str]:
    parameters = edge.block.parameters
    if len(edge.arguments) != len(parameters):
        given = len(edge.arguments)
        yield f"{given} arguments for {len(parameters)} parameters of {edge.block}"
        return
    for argument, parameter in zip(edge.arguments, parameters, strict=True):
        if not _fits(argument.type, parameter.type):
            yield f"{argument}: {argument.type} for parameter {parameter}: {parameter.type}"


def _fits(given: Type, wanted: Type) -> bool:
    return given.rep is wanted.rep and (wanted.nullable or not given.nullable)


def _check_op(op: Op) -> Iterator[str]:
    if op.opcode not in OPCODES:
        yield f"unknown opcode {op.opcode!r}"
        return
    spec = op.spec
    wanted = list(spec.operands)
    if spec.variadic:
        wanted = wanted[:-1] + [wanted[-1]] * (len(op.operands) - len(wanted) + 1)
    if len(op.operands) != len(wanted):
        yield f"{len(op.operands)} operands, the table says {len(wanted)}"
    elif bad := [v for v, t in zip(op.operands, wanted, strict=True) if not _fits(v.type, t)]:
        yield f"operand {bad[0]} is {bad[0].type}"
    yield from _check_results(op)
    if [name for name, _ in spec.attrs] != list(op.attrs):
        yield f"attributes {list(op.attrs)}, the table says {[name for name, _ in spec.attrs]}"
    if len(op.successors) != spec.successors:
        yield f"{len(op.successors)} successors, the table says {spec.successors}"
    if (op.state is not None) != spec.needs_state:
        yield "frame state missing" if spec.needs_state else "frame state not wanted"


def _check_results(op: Op) -> Iterator[str]:
    spec = op.spec
    wanted = spec.results
    if spec.variadic_results:
        wanted = wanted * len(op.results)
    if len(op.results) != len(wanted):
        yield f"{len(op.results)} results, the table says {len(wanted)}"
    elif any(v.type.rep is not t.rep for v, t in zip(op.results, wanted, strict=True)):
        given = [str(v.type) for v in op.results]
        yield f"results {given}, the table says {[str(t) for t in wanted]}"


def _check_dominance(function: Function) -> Iterator[str]:
    tree = DominatorTree(function)
    defined: dict[Value, tuple[Block, int]] = {}
    for block in function.blocks:
        for value in block.parameters:
            yield from _define(defined, value, block, -1)
        for index, op in enumerate(block.ops):
            for value in op.results:
                yield from _define(defined, value, block, index)
    for block in tree.order:
        for index, op in enumerate(block.ops):
            for value in dict.fromkeys(uses(op)):
                if not _reaches(defined.get(value), block, index, tree):
                    yield f"{block}: {format_op(op)}: {value} is not defined on every path"


def _define(
    defined: dict[Value, tuple[Block, int]], value: Value, block: Block, index: int
) -> Iterator[str]:
    if value in defined:
        yield f"{block}: {value} is defined twice"
    defined[value] = (block, index)


def _reaches(
    definition: tuple[Block, int] | None, block: Block, index: int, tree: DominatorTree
) -> bool:
    if definition is None or definition[0] not in tree.index:
        return False
    if definition[0] is block:
        return definition[1] < index
    return tree.dominates(definition[0], block)
