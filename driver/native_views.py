"""What the native tier makes of a module's functions, stage by stage, as artifacts.

    ssa      code object -> SSA, before any pass
    opt-ir   ... after all passes
    llvm     the text LLVM gets
    asm      the machine code, beside the ops and source lines it is of
    obj      the ELF object, before it is linked

Payload: of each function [name, line, why it stays interpreted or "", text]; of ``obj`` there
are in place of the text the object's bytes, the rows of its address table and the machine.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from types import CodeType
from typing import Any, Final

from dx_py.artifacts.artifact import Artifact, decode
from dx_py.artifacts.errors import DxError
from dx_py.backend.llvm.lowering import NoLoweringError
from dx_py.backend.llvm.native_function import Target
from dx_py.driver.compile_worker import read_program
from dx_py.driver.profile import Profile
from dx_py.ir.environment import Program, Routine
from dx_py.ir.printer import format_function
from dx_py.ir.ssa_construction import UnsupportedError, construct_ssa

SCHEMA: Final = 1
_PREFIX: Final = "native-"


@dataclass(frozen=True, slots=True)
class Request:
    """Of which functions to show what: ``only`` is a qualified name, or "" for all.

    ``stop_after``: how many passes are run.
    """

    profile: Profile | None = None
    only: str = ""
    stop_after: int | None = None

    def program(self, code: CodeType) -> Program:
        profiled = self.profile.of_code(code) if self.profile else None
        if profiled is None or profiled.description is None:
            return Program((Routine(code),))
        return read_program(profiled.description)

    def codes(self, module: CodeType) -> list[CodeType]:
        """Raises DxError where there is no function of the name asked for."""
        found = [c for c in codes_of(module) if self.only in ("", c.co_qualname)]
        if not found:
            names = ", ".join(c.co_qualname for c in codes_of(module))
            raise DxError(f"no function '{self.only}' (known: {names})")
        return found


def codes_of(code: CodeType) -> Iterator[CodeType]:
    """A code object and all that are nested in it, in the order of the source."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from codes_of(constant)


def view(kind: str, module: CodeType, request: Request) -> Artifact:
    rows = [_row(kind, code, request) for code in request.codes(module)]
    return Artifact(_PREFIX + kind, SCHEMA, rows)


def _row(kind: str, code: CodeType, request: Request) -> list[Any]:
    head = [code.co_qualname, code.co_firstlineno]
    try:
        return [*head, "", *VIEWS[kind](request.program(code), request)]
    except (UnsupportedError, NoLoweringError) as error:
        return [*head, str(error), *[None] * (3 if kind == "obj" else 1)]


def _ssa(program: Program, request: Request) -> Sequence[Any]:
    routine = program.routines[0]
    return [format_function(construct_ssa(routine.code, routine.feedback))]


def _opt_ir(program: Program, request: Request) -> Sequence[Any]:
    from dx_py.backend.llvm.native_function import optimize

    return [format_function(optimize(program, stop_after=request.stop_after))]


def _llvm(program: Program, request: Request) -> Sequence[Any]:
    from dx_py.backend.llvm.lowering import lower_function
    from dx_py.backend.llvm.native_function import LOWERINGS, optimize

    layout = target_of(request.profile).layout
    return [
        lower_function(optimize(program, stop_after=request.stop_after), layout, LOWERINGS).text
    ]


def _asm(program: Program, request: Request) -> Sequence[Any]:
    from dx_py.backend.llvm.listing import format_listing, list_function
    from dx_py.backend.llvm.native_function import optimize

    listing = list_function(
        optimize(program, stop_after=request.stop_after), target_of(request.profile)
    )
    return [format_listing(listing, program, source_line_of(program))]


def _obj(program: Program, request: Request) -> Sequence[Any]:
    from dx_py.backend.llvm.codegen import emit_object
    from dx_py.backend.llvm.lowering import lower_function
    from dx_py.backend.llvm.native_function import LOWERINGS, optimize

    target = target_of(request.profile)
    lowered = lower_function(
        optimize(program, stop_after=request.stop_after), target.layout, LOWERINGS
    )
    data = emit_object(lowered.text, machine=target.machine, cpu=target.cpu)
    return [data, list(lowered.table), target.machine]


#: Kind -> what it shows of an optimised program.
VIEWS: Final[dict[str, Callable[[Program, Request], Sequence[Any]]]] = {
    "ssa": _ssa,
    "opt-ir": _opt_ir,
    "llvm": _llvm,
    "asm": _asm,
    "obj": _obj,
}


def target_of(profile: Profile | None) -> Target:
    """The profiled interpreter's, or this one's; raises DxError where there is no core."""
    if profile is not None:
        return Target(*profile.target, profile.layout)
    try:
        core: Any = import_module("dx_py.runtime_support._core")
    except ImportError:
        raise DxError("machine code needs the runtime core, which was not built") from None
    machine, cpu = core.target()
    return Target(machine, cpu, core.layout())


def source_line_of(program: Program) -> Callable[[int, int], str]:
    def line(routine: int, number: int) -> str:
        filename = program.routines[routine].code.co_filename
        return linecache.getline(filename, number).rstrip()

    return line


def view_text(data: bytes) -> str:
    """The artifact for a reader: each function under its name."""
    artifact = decode(data)
    return "\n\n".join(_function_text(artifact.kind, *row) for row in artifact.payload)


def _function_text(kind: str, name: str, line: int, refusal: str, *content: Any) -> str:  # noqa: ANN401
    head = f"; {name}, line {line}"
    if refusal:
        return f"{head}: stays interpreted: {refusal}"
    text = _object_text(*content) if kind == f"{_PREFIX}obj" else content[0].rstrip("\n")
    return f"{head}\n{text}"


def _object_text(data: bytes, rows: list[str], machine: str) -> str:
    from dx_py.backend.llvm.disassembly import disassemble_object
    from dx_py.backend.llvm.elf import ElfObject

    elf = ElfObject(data)
    sections = (f"; section {s.name}, {s.size:,} bytes" for s in elf.sections if s.size)
    code = (str(i) for i in disassemble_object(elf, rows, machine=machine))
    return "\n".join([f"; ELF object, {len(data):,} bytes", *sections, *code])


def unit_text(data: bytes) -> str:
    """A unit of the store: its code, with the rows and guards it names."""
    from dx_py.artifacts.artifact import body_of
    from dx_py.backend.llvm.listing import list_unit
    from dx_py.runtime_support.native_units import decode_unit

    stored = decode_unit(bytes(body_of(data)))
    if stored is None:
        raise DxError("a native unit of another schema")
    unit, _ = stored
    match unit:
        case str() as refusal:
            return f"stays interpreted: {refusal}"
        case ("refused", refusal):
            return f"stays interpreted: {refusal}"
        case ("plan", sites, _):
            return f"a plan of what to sample: {len(sites)} places"
    code, entry, rows, guards, *_ = unit
    return list_unit(code, entry, rows, guards)
