"""The constants of one code object while it is optimised."""

from __future__ import annotations

from collections.abc import Sequence

from dx_py.ir.code_unit import Block, Constant, constant_key

_LOADS = ("LOAD_CONST", "RETURN_CONST", "KW_NAMES")


class ConstantTable:
    """Equal constants have one number; the first constant is kept, it may be a docstring."""

    def __init__(self, values: Sequence[Constant]) -> None:
        self.values: list[Constant] = []
        self._numbers: dict[object, int] = {}
        self._renumbered = [self.index(value) for value in values]

    def index(self, value: Constant) -> int:
        number = self._numbers.setdefault(constant_key(value), len(self.values))
        if number == len(self.values):
            self.values.append(value)
        return number

    def merge_equal_code(self, blocks: Sequence[Block]) -> None:
        """Nested units may have become equal code: then the unit's numbers change."""
        if len(self._renumbered) == len(self.values):
            return
        for block in blocks:
            for instr in block.instrs:
                if instr.opcode in _LOADS:
                    instr.arg = self._renumbered[instr.arg]

    def drop_unused(self, blocks: Sequence[Block]) -> None:
        loads = [i for block in blocks for i in block.instrs if i.opcode in _LOADS]
        used = sorted({0, *(instr.arg for instr in loads)})
        if len(used) >= len(self.values):
            return
        self.values = [self.values[number] for number in used]
        renumbered = {old: new for new, old in enumerate(used)}
        for instr in loads:
            instr.arg = renumbered[instr.arg]
