"""Lowering that remembers of which op each machine instruction is: line numbers for LLVM.

    %v3 = add i64 %v1, %v2              in the text of op 7
    %v3 = add i64 %v1, %v2, !dbg !1007  with line information: its "source line" is 8

Only for listings: the machine code is the same, and the loader knows nothing of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from dx_py.backend.llvm.lowering import FunctionLowering, LoweredFunction, Lowering
from dx_py.ir.core import Function, Op

_FIRST: Final = 1000
_METADATA: Final = """\
!llvm.dbg.cu = !{!100}
!llvm.module.flags = !{!101, !102}
!100 = distinct !DICompileUnit(language: DW_LANG_C, file: !103, emissionKind: LineTablesOnly)
!101 = !{i32 2, !"Debug Info Version", i32 3}
!102 = !{i32 2, !"Dwarf Version", i32 4}
!103 = !DIFile(filename: "ssa", directory: "")
!104 = distinct !DISubprogram(name: "f", file: !103, unit: !100, type: !105, spFlags: 8)
!105 = !DISubroutineType(types: !0)
"""
_DEFINITION: Final = re.compile(r"^(define .* @f\(.*) \{$", re.MULTILINE)


def lower_with_lines(
    function: Function, layout: Mapping[str, int], lowerings: Mapping[str, Lowering]
) -> tuple[LoweredFunction, tuple[Op, ...]]:
    """Text in which line N stands for the N-th op, from 1. Raises NoLoweringError."""
    lowering = _LinedLowering(function, layout, lowerings)
    lowered = lowering.lower()
    text = _DEFINITION.sub(r"\1 !dbg !104 {", lowered.text)
    locations = (
        f"!{_FIRST + line} = !DILocation(line: {line}, scope: !104)"
        for line in range(1, len(lowering.ops) + 1)
    )
    described = LoweredFunction(
        "\n".join([text, _METADATA, *locations, ""]), lowered.table, lowered.guards
    )
    return described, tuple(lowering.ops)


class _LinedLowering(FunctionLowering):
    """Marks the lines that each op's lowering adds."""

    def __init__(
        self, function: Function, layout: Mapping[str, int], lowerings: Mapping[str, Lowering]
    ) -> None:
        super().__init__(function, layout, lowerings)
        self.ops: list[Op] = []

    def _op(self, op: Op) -> None:
        self.ops.append(op)
        starts = [(lines, len(lines)) for lines in (self.lines, self.cold)]
        super()._op(op)
        mark = f", !dbg !{_FIRST + len(self.ops)}"
        for lines, start in starts:
            for index in range(start, len(lines)):
                if lines[index].startswith("  ") and "!dbg" not in lines[index]:
                    lines[index] += mark
