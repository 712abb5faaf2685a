"""Rewriting a few instructions at a time, within a block.

LOAD_CONST 1; POP_JUMP_IF_FALSE b      ->  NOP; NOP
LOAD_CONST 1; LOAD_CONST 2; BUILD_TUPLE 2  ->  LOAD_CONST (1, 2)
BUILD_TUPLE 2; UNPACK_SEQUENCE 2       ->  SWAP 2
PUSH_NULL; LOAD_GLOBAL f               ->  LOAD_GLOBAL NULL + f
POP_JUMP_IF_TRUE b, where b: JUMP c    ->  POP_JUMP_IF_TRUE c
"""

from __future__ import annotations

from dx_py.backend.bytecode.constants import ConstantTable
from dx_py.backend.bytecode.swaps import apply_static_swaps, shorten_swaps
from dx_py.ir.code_unit import Block, Instr

_TRUTH_JUMPS = ("POP_JUMP_IF_FALSE", "POP_JUMP_IF_TRUE")
_THREADED = frozenset(
    {
        "POP_JUMP_IF_FALSE",
        "POP_JUMP_IF_TRUE",
        "POP_JUMP_IF_NONE",
        "POP_JUMP_IF_NOT_NONE",
        "JUMP",
    }
)
#: Everything this pass looks at.
_INTERESTING = _THREADED | {"LOAD_CONST", "BUILD_TUPLE", "SWAP", "PUSH_NULL", "COPY"}


def rewrite_block(block: Block, constants: ConstantTable) -> None:
    instrs = block.instrs
    loaded: Instr | None = None
    index = 0
    while index < len(instrs):
        instr = instrs[index]
        opcode = instr.opcode
        if opcode not in _INTERESTING:
            loaded = None
        elif opcode == "LOAD_CONST":
            loaded = instr
            index += _rewrite_constant(instrs, index, instr.arg, constants)
        elif opcode == "COPY":
            # A copy of a constant is that constant.
            if instr.arg == 1 and loaded is not None:
                index += _rewrite_constant(instrs, index, loaded.arg, constants)
            else:
                loaded = None
        else:
            loaded = None
            index = _rewrite_other(instrs, index, constants)
        index += 1


def _rewrite_other(instrs: list[Instr], index: int, constants: ConstantTable) -> int:
    """Returns the index of the last instruction that is done."""
    instr = instrs[index]
    if instr.opcode == "BUILD_TUPLE":
        _rewrite_tuple(instrs, index, constants)
    elif instr.opcode == "SWAP":
        if instr.arg == 1:
            instr.replace("NOP")
        else:
            index = shorten_swaps(instrs, index)
            apply_static_swaps(instrs, index)
    elif instr.opcode == "PUSH_NULL":
        _join_null(instrs, index)
    elif _thread_jump(instr):
        return index - 1
    return index


def _rewrite_constant(
    instrs: list[Instr], index: int, number: int, constants: ConstantTable
) -> int:
    """Use the value at compile time; returns how many further instructions are done."""
    if index + 1 == len(instrs):
        return 0
    instr, following = instrs[index], instrs[index + 1]
    if following.opcode in _TRUTH_JUMPS:
        is_true = bool(constants.values[number])
        instr.replace("NOP")
        if is_true == (following.opcode == "POP_JUMP_IF_TRUE"):
            following.opcode = "JUMP"
        else:
            following.replace("NOP")
    elif following.opcode == "IS_OP":
        if constants.values[number] is None and index + 2 < len(instrs):
            _compare_with_none(instr, following, instrs[index + 2])
    elif following.opcode == "RETURN_VALUE":
        instr.replace("NOP")
        following.replace("RETURN_CONST", number)
        return 1
    return 0


def _compare_with_none(load: Instr, comparison: Instr, jump: Instr) -> None:
    """`x is None` and a jump on it: a jump on None."""
    if jump.opcode not in _TRUTH_JUMPS:
        return
    is_not = bool(comparison.arg)
    load.replace("NOP")
    comparison.replace("NOP")
    if is_not != (jump.opcode == "POP_JUMP_IF_FALSE"):
        jump.opcode = "POP_JUMP_IF_NOT_NONE"
    else:
        jump.opcode = "POP_JUMP_IF_NONE"


def _rewrite_tuple(instrs: list[Instr], index: int, constants: ConstantTable) -> None:
    instr, count = instrs[index], instrs[index].arg
    if index + 1 < len(instrs) and 1 <= count <= 3:
        following = instrs[index + 1]
        if following.opcode == "UNPACK_SEQUENCE" and following.arg == count:
            instr.replace("NOP")
            if count == 1:
                following.replace("NOP")
            else:
                following.replace("SWAP", count)
            return
    if index >= count:
        _fold_tuple(instrs[index - count : index], instr, constants)


def _fold_tuple(loads: list[Instr], build: Instr, constants: ConstantTable) -> None:
    if any(load.opcode != "LOAD_CONST" for load in loads):
        return
    folded = tuple(constants.values[load.arg] for load in loads)
    for load in loads:
        load.replace("NOP")
    build.replace("LOAD_CONST", constants.index(folded))


def _join_null(instrs: list[Instr], index: int) -> None:
    """LOAD_GLOBAL's low bit asks it to push the null of a call."""
    if index + 1 < len(instrs):
        following = instrs[index + 1]
        if following.opcode == "LOAD_GLOBAL" and not following.arg & 1:
            instrs[index].replace("NOP")
            following.arg |= 1


def _thread_jump(instr: Instr) -> bool:
    """Lead a jump to a jump to where that goes, if no line between is lost."""
    assert instr.target is not None
    first = instr.target.instrs[0]
    if first.opcode != "JUMP" or first.target is instr.target:
        return False
    if first.span[0] not in (-1, instr.span[0]):
        return False
    instr.target = first.target
    return True
