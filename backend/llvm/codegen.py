"""LLVM text to an ELF object: cheap passes, code generation at level 1.

Measured on numeric programs, sroa, instcombine and simplifycfg with level 1 give code as
fast as level 2 with all its passes, in half the time. ELF on every platform: the loader is
our own, so no other object format is ever needed.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import llvmlite.binding as llvm

TRIPLES: Final = {
    "x86_64": "x86_64-unknown-linux-gnu",
    "aarch64": "aarch64-unknown-linux-gnu",
}


class CodegenError(Exception):
    """LLVM rejected the text: a defect of the lowering."""


def emit_object(text: str, *, machine: str, cpu: str) -> bytes:
    """``machine``: a key of ``TRIPLES``; ``cpu``: LLVM's name of a processor or level."""
    target = _target_machine(machine, cpu)
    try:
        module = llvm.parse_assembly(text)
    except RuntimeError as error:
        raise CodegenError(str(error)) from None
    module.triple = TRIPLES[machine]
    module.data_layout = str(target.target_data)
    _optimize(module, target)
    emitted: bytes = target.emit_object(module)
    return emitted


def emit_assembly(text: str, *, machine: str, cpu: str) -> str:
    """The same code as assembler text, for a reader."""
    target = _target_machine(machine, cpu)
    module = llvm.parse_assembly(text)
    module.triple = TRIPLES[machine]
    _optimize(module, target)
    assembly: str = target.emit_assembly(module)
    return assembly


@cache
def _target_machine(machine: str, cpu: str) -> Any:  # noqa: ANN401
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    target = llvm.Target.from_triple(TRIPLES[machine])
    return target.create_target_machine(cpu=cpu, opt=1, reloc="pic", codemodel="small")


def _optimize(module: Any, target: Any) -> None:  # noqa: ANN401
    builder = llvm.create_pass_builder(
        target, llvm.create_pipeline_tuning_options(speed_level=1)
    )
    manager = llvm.create_new_module_pass_manager()
    manager.add_sroa_pass()
    manager.add_instruction_combine_pass()
    manager.add_simplify_cfg_pass()
    manager.run(module, builder)
