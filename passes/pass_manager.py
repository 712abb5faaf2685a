"""Run passes, verifying and reporting in between."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from dx_py.ir.core import Function
from dx_py.ir.verifier import verify


class Pass(Protocol):
    """SSA to SSA, in place; leaves the function valid, and says whether it changed it.

    A pass with a true ``required`` is no optimisation: there is no code without it.
    """

    @property
    def name(self) -> str: ...

    def apply(self, function: Function) -> bool: ...


class Observer(Protocol):
    """Told of every pass: dumps and timings are observers."""

    def after_pass(
        self, index: int, pass_: Pass, function: Function, *, changed: bool, seconds: float
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class PassManager:
    """``verify_each``: after each pass that changed something, not only after the last one.

    ``stop_after``: how many passes to run, and the required ones after them: to find the one
    that spoils a program.
    """

    passes: Sequence[Pass]
    verify_each: bool = True
    observers: Sequence[Observer] = ()
    stop_after: int | None = None

    def run(self, function: Function) -> None:
        if self.verify_each:
            verify(function, "before the first pass")
        for index, pass_ in enumerate(self._wanted()):
            start = time.perf_counter()
            changed = pass_.apply(function)
            seconds = time.perf_counter() - start
            if self.verify_each and changed:
                verify(function, f"after pass {pass_.name}")
            for observer in self.observers:
                observer.after_pass(index, pass_, function, changed=changed, seconds=seconds)
        if not self.verify_each:
            verify(function, "after the last pass")

    def _wanted(self) -> list[Pass]:
        passes = self.passes[: self.stop_after]
        rest = self.passes[len(passes) :]
        return [*passes, *(pass_ for pass_ in rest if getattr(pass_, "required", False))]
