"""Which operands to sample at which instruction, and where they lie in the frame.

In 3.12 the operand stack is in the frame's memory and its depth at each instruction is
static, so a site is (pc, positions in ``localsplus``); the profiler in the user's process
needs no knowledge of opcodes.
"""

from __future__ import annotations

import dis
from collections.abc import Iterator
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR
from types import CodeType
from typing import Final

from dx_py.ir.bytecode import TERMINATORS, Instruction, build_code_blocks

#: Depths below the top of the stack of the operands worth knowing, deepest first.
SAMPLED_OPERANDS: Final[dict[str, tuple[int, ...]]] = {
    "BINARY_OP": (1, 0),
    "COMPARE_OP": (1, 0),
    "CONTAINS_OP": (1, 0),
    "BINARY_SUBSCR": (1, 0),
    "STORE_SUBSCR": (2, 1, 0),
    "DELETE_SUBSCR": (1, 0),
    "BINARY_SLICE": (2, 1, 0),
    "STORE_SLICE": (3, 2, 1, 0),
    "UNARY_NEGATIVE": (0,),
    "UNARY_NOT": (0,),
    "UNARY_INVERT": (0,),
    "GET_ITER": (0,),
    "GET_YIELD_FROM_ITER": (0,),
    "FOR_ITER": (0,),
    "UNPACK_SEQUENCE": (0,),
    "POP_JUMP_IF_TRUE": (0,),
    "POP_JUMP_IF_FALSE": (0,),
    "LOAD_ATTR": (0,),
    "LOAD_SUPER_ATTR": (0,),
    "STORE_ATTR": (1, 0),
    "STORE_FAST": (0,),
    "RETURN_VALUE": (0,),
    # Behind a yield it is what was sent.
    "POP_TOP": (0,),
}

#: The method of each operator, by the argument of BINARY_OP; in-place ones follow.
OPERATOR_METHODS: Final = (
    "add",
    "and",
    "floordiv",
    "lshift",
    "matmul",
    "mul",
    "mod",
    "or",
    "pow",
    "rshift",
    "sub",
    "truediv",
    "xor",
)


def operator_methods(arg: int) -> list[tuple[str, int]]:
    """What may do an operator, and of which operand: left, right, left in place."""
    name = OPERATOR_METHODS[arg % len(OPERATOR_METHODS)]
    found = [(f"__{name}__", 0), (f"__r{name}__", 1)]
    return [*found, (f"__i{name}__", 0)] if arg >= len(OPERATOR_METHODS) else found


#: Arguments sampled at a call, beside its callee.
MAX_ARGUMENTS: Final = 6

#: Before the name of an attribute that is looked up in the bases, by ``super()``.
SUPER: Final = "super "

type Site = tuple[int, tuple[int, ...]]


#: Of an attribute: pc, name, whether it is stored, which sampled operand it is of.
type Attribute = tuple[int, str, bool, int]


def profile_names(code: CodeType) -> tuple[tuple[str, ...], tuple[Attribute, ...]]:
    """Names of globals the code reads and does not change; and the attributes it has to do
    with, methods of operators among them."""
    names, changing = dict[str, None](), set[str]()
    attributes: list[Attribute] = []
    for block in build_code_blocks(code).values():
        for instruction in block.instructions:
            match instruction.opcode:
                case "STORE_GLOBAL" | "DELETE_GLOBAL":
                    changing.add(code.co_names[instruction.arg])
                case "LOAD_GLOBAL":
                    names[code.co_names[instruction.arg >> 1]] = None
                case "LOAD_ATTR":
                    name = code.co_names[instruction.arg >> 1]
                    attributes.append((instruction.pc, name, False, 0))
                case "STORE_ATTR":
                    name = code.co_names[instruction.arg]
                    attributes.append((instruction.pc, name, True, 1))
                case "BINARY_OP":
                    for name, operand in operator_methods(instruction.arg):
                        attributes.append((instruction.pc, name, False, operand))
                case "LOAD_SUPER_ATTR":
                    name = SUPER + code.co_names[instruction.arg >> 2]
                    attributes.append((instruction.pc, name, False, 0))
                case "CALL":
                    attributes.append((instruction.pc, "__call__", False, 1))
                    attributes.append((instruction.pc, "__len__", False, 2))
                case "BINARY_SUBSCR":
                    attributes.append((instruction.pc, "__getitem__", False, 0))
                case "GET_ITER" | "GET_YIELD_FROM_ITER":
                    attributes.append((instruction.pc, "__iter__", False, 0))
    return tuple(sorted(names.keys() - changing)), tuple(sorted(attributes))


def profile_sites(code: CodeType) -> list[Site]:
    """A site for each reachable instruction, in order; most only count."""
    depths = dict(_stack_depths(code))
    base = locals_plus(code)
    return [
        (instruction.pc, _positions(code, instruction, base + depth))
        for instruction, depth in sorted(depths.items(), key=lambda item: item[0].pc)
    ]


def locals_plus(code: CodeType) -> int:
    """Slots before the operand stack: locals, cells that are not arguments, free variables."""
    own_cells = [name for name in code.co_cellvars if name not in code.co_varnames]
    return code.co_nlocals + len(own_cells) + len(code.co_freevars)


def is_resumable(code: CodeType) -> bool:
    """Whether calls of it give a generator, a coroutine or an asynchronous generator."""
    return bool(code.co_flags & (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR))


def stack_depths(code: CodeType) -> dict[int, int]:
    """By pc, how many values are on the operand stack before the instruction."""
    return {instruction.pc: depth for instruction, depth in _stack_depths(code)}


def _positions(code: CodeType, instruction: Instruction, top: int) -> tuple[int, ...]:
    if instruction.opcode == "RESUME":
        return tuple(range(code.co_argcount + code.co_kwonlyargcount))
    if instruction.opcode == "YIELD_VALUE":
        # What it finds again.
        return tuple(range(locals_plus(code)))
    wanted = SAMPLED_OPERANDS.get(instruction.opcode, ())
    if instruction.opcode == "BUILD_SLICE":
        wanted = tuple(range(instruction.arg - 1, -1, -1))
    if instruction.opcode == "CALL":
        wanted = tuple(
            range(instruction.arg + 1, max(instruction.arg - MAX_ARGUMENTS, 0) - 1, -1)
        )
    return tuple(top - 1 - depth for depth in wanted)


def _stack_depths(code: CodeType) -> Iterator[tuple[Instruction, int]]:
    blocks = build_code_blocks(code)
    # A generator is resumed with a value on its stack, for the first time too.
    work, seen = [(min(blocks), int(is_resumable(code)))], set()
    while work:
        pc, depth = work.pop()
        if pc in seen:
            continue
        seen.add(pc)
        for instruction in blocks[pc].instructions:
            yield instruction, depth
            if instruction.target is not None:
                work.append((instruction.target, depth + _effect(instruction, jump=True)))
            depth += _effect(instruction, jump=False)
        following = blocks[pc].fall_through
        if instruction.opcode not in TERMINATORS and following is not None:
            work.append((following, depth))


def _effect(instruction: Instruction, *, jump: bool) -> int:
    number = dis.opmap[instruction.opcode]
    if instruction.opcode == "FOR_ITER" and jump:
        return -1
    return dis.stack_effect(
        number, instruction.arg if number >= dis.HAVE_ARGUMENT else None, jump=jump
    )
