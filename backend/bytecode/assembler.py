"""Code-level IR to code objects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from opcode import opmap
from types import CodeType

from dx_py.artifacts import code_marshal
from dx_py.backend.bytecode.blocks import remove_empty_blocks
from dx_py.backend.bytecode.constants import ConstantTable
from dx_py.backend.bytecode.exception_table import exception_table
from dx_py.backend.bytecode.frame_layout import is_suspended, lay_out_frame
from dx_py.backend.bytecode.jumps import direct_jumps, resolve_offsets, size_of
from dx_py.backend.bytecode.line_table import line_table
from dx_py.backend.bytecode.nops import remove_nops
from dx_py.backend.bytecode.optimization import optimize
from dx_py.backend.bytecode.stack_depth import compute_stack_depth
from dx_py.ir.bytecode import CACHE_ENTRIES
from dx_py.ir.code_unit import BLOCK_PUSHES, Block, CodeUnit, Instr, Span


def assemble(unit: CodeUnit, filename: str) -> CodeType:
    """The code object of a unit; the unit is used up."""
    code, has_hidden = _assemble_nested(unit, filename)
    # Only the marshal format says which variables are hidden.
    return code_marshal.loads(code_marshal.dumps(code)) if has_hidden else code


def _assemble_nested(unit: CodeUnit, filename: str) -> tuple[CodeType, bool]:
    has_hidden = bool(unit.hidden)
    values = []
    for value in unit.constants:
        if isinstance(value, CodeUnit):
            value, hides = _assemble_nested(value, filename)
            has_hidden |= hides
        values.append(value)
    return _assemble_unit(unit, ConstantTable(values), filename), has_hidden


def _assemble_unit(unit: CodeUnit, constants: ConstantTable, filename: str) -> CodeType:
    blocks = optimize(unit, constants)
    lay_out_frame(unit, blocks)
    depth = compute_stack_depth(blocks, at_entry=int(is_suspended(unit)))
    blocks = _finish_blocks(blocks)
    offsets = resolve_offsets(blocks)
    instrs = [instr for block in blocks for instr in block.instrs]
    sizes = [size_of(instr) for instr in instrs]
    return CodeType(
        unit.argument_count,
        unit.positional_only_count,
        unit.keyword_only_count,
        len(unit.variables),
        depth,
        unit.flags,
        _encode(instrs),
        tuple(constants.values),
        tuple(unit.names),
        tuple(unit.variables),
        filename,
        unit.name,
        unit.qualified_name,
        unit.first_line,
        line_table(_runs(instrs, sizes), unit.first_line),
        exception_table(zip((i.handler for i in instrs), sizes, strict=True), offsets),
        tuple(unit.free),
        tuple(unit.cells),
    )


def _finish_blocks(blocks: list[Block]) -> list[Block]:
    """Replace what only the passes understand."""
    for block in blocks:
        for instr in block.instrs:
            if instr.opcode in BLOCK_PUSHES or instr.opcode == "POP_BLOCK":
                instr.replace("NOP")
            elif instr.opcode == "STORE_FAST_MAYBE_NULL":
                instr.opcode = "STORE_FAST"
    remove_nops(blocks)
    return direct_jumps(remove_empty_blocks(blocks))


def _encode(instrs: Sequence[Instr]) -> bytes:
    code = bytearray()
    extended = opmap["EXTENDED_ARG"]
    for instr in instrs:
        arg = instr.arg
        if arg > 0xFF:
            for shift in (24, 16, 8):
                if arg >> shift:
                    code += bytes((extended, arg >> shift & 0xFF))
        code += bytes((opmap[instr.opcode], arg & 0xFF))
        code += bytes(2 * CACHE_ENTRIES.get(instr.opcode, 0))
    return bytes(code)


def _runs(instrs: Sequence[Instr], sizes: Sequence[int]) -> Iterator[tuple[Span, int]]:
    """Neighbouring instructions of one place together."""
    span, total = instrs[0].span, 0
    for instr, size in zip(instrs, sizes, strict=True):
        if instr.span != span:
            if total:
                yield span, total
            span, total = instr.span, 0
        total += size
    yield span, total
