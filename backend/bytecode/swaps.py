"""Runs of SWAP: made shortest, or done by reordering the stores that follow.

SWAP 2; STORE_FAST a; STORE_FAST b   ->  STORE_FAST b; STORE_FAST a
"""

from __future__ import annotations

from dx_py.ir.code_unit import Instr

_DONE = -1
#: Instructions that only take the top of the stack, and can neither jump nor fail.
_MOVABLE = frozenset({"STORE_FAST", "STORE_FAST_MAYBE_NULL", "POP_TOP"})


def shorten_swaps(instrs: list[Instr], index: int) -> int:
    """The fewest SWAPs with the effect of the run at `index`; returns the run's last index."""
    end = index + 1
    while end < len(instrs) and instrs[end].opcode in ("SWAP", "NOP"):
        end += 1
    run = instrs[index:end]
    swaps = [instr.arg for instr in run if instr.opcode == "SWAP"]
    if len(swaps) == 1:
        return index
    moves = _shuffle(_permutation(swaps))
    for instr in run:
        instr.replace("NOP")
    for instr, depth in zip(reversed(run), moves, strict=False):
        instr.replace("SWAP", depth)
    return end - 1


def _permutation(swaps: list[int]) -> list[int]:
    """Where each place of the stack gets its value from; the top is place 0."""
    stack = list(range(max(swaps)))
    for depth in swaps:
        stack[0], stack[depth - 1] = stack[depth - 1], stack[0]
    return stack


def _shuffle(stack: list[int]) -> list[int]:
    """The depths to swap with, last first: each cycle is walked through the top once."""
    moves = []
    for start in range(len(stack)):
        if stack[start] in (_DONE, start):
            continue
        place = start
        while True:
            if place:
                moves.append(place + 1)
            if stack[place] == _DONE:
                break
            stack[place], place = _DONE, stack[place]
    return moves


def apply_static_swaps(instrs: list[Instr], index: int) -> None:
    """Exchange instructions instead of values, from the SWAP at `index` to earlier ones."""
    while index >= 0:
        instr = instrs[index]
        if instr.opcode == "SWAP":
            if not _exchange(instrs, index):
                return
        elif instr.opcode != "NOP" and instr.opcode not in _MOVABLE:
            return
        index -= 1


def _exchange(instrs: list[Instr], index: int) -> bool:
    first = _next_movable(instrs, index, line=-1)
    if first is None:
        return False
    line, second = instrs[first].span[0], first
    for _ in range(instrs[index].arg - 1):
        found = _next_movable(instrs, second, line=line)
        if found is None:
            return False
        second = found
    if _stores_clash(instrs, first, second):
        return False
    instrs[index].replace("NOP")
    instrs[first], instrs[second] = instrs[second], instrs[first]
    return True


def _next_movable(instrs: list[Instr], index: int, *, line: int) -> int | None:
    """The next one after `index`, all on one line if that is known: a tracer sees lines."""
    for place in range(index + 1, len(instrs)):
        instr = instrs[place]
        if line >= 0 and instr.span[0] != line:
            return None
        if instr.opcode in _MOVABLE:
            return place
        if instr.opcode != "NOP":
            return None
    return None


def _stores_clash(instrs: list[Instr], first: int, second: int) -> bool:
    """Whether an order among stores to one variable would change."""
    ends = {_stored(instrs[first]), _stored(instrs[second])} - {None}
    if not ends:
        return False
    if _stored(instrs[first]) == _stored(instrs[second]):
        return True
    return any(_stored(instr) in ends for instr in instrs[first + 1 : second])


def _stored(instr: Instr) -> int | None:
    return None if instr.opcode == "POP_TOP" or instr.opcode == "NOP" else instr.arg
