"""Defects of the compiler: which stage failed, on which function of the module, and where."""

from __future__ import annotations

import traceback
from types import TracebackType
from typing import Final

from dx_py.artifacts.errors import DxError
from dx_py.frontend.lowering.unit import Unit
from dx_py.ir.code_unit import CodeUnit

#: What a program's source may cause; anything else that a stage raises is a defect of ours.
OWN_ERRORS: Final = (SyntaxError, RecursionError, MemoryError)


class InternalError(DxError):
    """A stage of the compiler failed; under ``--strict`` it ends the compilation."""


def description(stage: str, error: Exception) -> str:
    """One line: stage, function of the module, exception and its place in DX-Py."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{frame.name} ({frame.filename.rpartition('/')[2]}:{frame.lineno})"
    function = _function(error.__traceback__)
    return f"stage {stage} failed on {function}: {type(error).__name__}: {error} in {place}"


def _function(trace: TracebackType | None) -> str:
    """The innermost unit of the module that a frame was working on."""
    found = "the module"
    while trace is not None:
        for value in trace.tb_frame.f_locals.values():
            if isinstance(value, Unit):
                found = value.code.qualified_name
            elif isinstance(value, CodeUnit):
                found = value.qualified_name
        trace = trace.tb_next
    return found
