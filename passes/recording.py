"""Observers of the pass manager: what each pass left behind, and how long it took."""

from __future__ import annotations

from dataclasses import dataclass, field

from dx_py.ir.core import Function
from dx_py.ir.printer import format_function
from dx_py.passes.pass_manager import Pass


@dataclass(frozen=True, slots=True)
class Step:
    """``text``: the function after the pass; empty where the pass changed nothing."""

    name: str
    text: str
    seconds: float


@dataclass(slots=True)
class Recording:
    steps: list[Step] = field(default_factory=list)

    def after_pass(
        self, index: int, pass_: Pass, function: Function, *, changed: bool, seconds: float
    ) -> None:
        text = format_function(function) if changed else ""
        self.steps.append(Step(pass_.name, text, seconds))
