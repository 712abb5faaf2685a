"""Running loops in the user's process: one that goes on for long is taken over by native code.

What a loop's code was made for (its samples, what its frame held) is found while it runs, as
its function may be called only once. The store keeps it under a key of its own.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, FunctionType
    from typing import Any

    from dx_py.runtime_support.native_tier import Answer, Tier

#: Files of the import system, and of DX-Py's own modules.
IMPORT_SYSTEM = "<frozen importlib"


class Loops:
    """The core's hook for jumps back; ``header`` is where the loop begins, in code units."""

    def __init__(self, tier: Tier) -> None:
        self.tier = tier
        self.core = tier.core

    def on_loop(
        self, function: FunctionType, header: int, event: str, classes: tuple[Any, ...]
    ) -> None:
        """``event``: ``warm``, ``hot``, ``sampled`` with what the frame holds, ``refused``."""
        if event == "warm":
            self._find(function, header)
        elif event == "refused":
            self._give_up(function, header)
        elif event == "hot":

            def sample(function: FunctionType, answer: Answer) -> None:
                self._sample(function, header, answer)

            self.tier.plan(function, sample)
        else:
            self._compile(function, header, classes)

    def _find(self, function: FunctionType, header: int) -> None:
        """Native code of an earlier run, or that there is none."""
        if function.__code__.co_filename.startswith(IMPORT_SYSTEM):
            self.core.refuse_loop(function.__code__, header)
        else:
            self._load(function, header)

    def _load(self, function: FunctionType, header: int) -> bool:
        code = function.__code__
        stored = self.tier.stored(self._key(code, header))
        if stored is None:
            return False
        unit, kept = stored
        if kept and self.core.kept(code) is None:
            self.core.keep(code, kept)
        if isinstance(unit, str):
            self.tier.report.refuse(function, f"loop: {unit}")
            self.core.refuse_loop(code, header)
            return False
        _, slots, linked = unit
        filled = bytes(text != "null" for text in slots)
        return self.tier.take_turn(function) and self.tier.link(
            function, linked, header, filled
        )

    def _sample(self, function: FunctionType, header: int, answer: Answer) -> None:
        code = function.__code__
        if not self.tier.sample(function, answer, of_loop=True):
            self.core.refuse_loop(code, header)

    def _compile(self, function: FunctionType, header: int, classes: tuple[Any, ...]) -> None:
        """From what was sampled of the loop, for what its frame holds now."""
        code, program = function.__code__, self.tier.program
        program.remember(self.core, code, in_loop=True)
        if self.core.finish_loop(code):
            self.core.as_tool("set_local_events", code, 0)
        slots = tuple(c if isinstance(c, str) else program.class_text(c) for c in classes)
        described, _ = program.describe(self.core, function)
        request = self.tier.request(described, self._key(code, header))
        request["loop"] = (header, slots)

        def compiled(function: FunctionType, answer: Answer) -> None:
            if answer is None or not self._load(function, header):
                self.core.refuse_loop(code, header)

        self.tier.ask(function, compiled, "compile", request)

    def _give_up(self, function: FunctionType, header: int) -> None:
        """In later processes, too."""
        why, code = "left native code too often", function.__code__
        self.tier.report.refuse(function, f"loop: {why}")
        kept = self.core.kept(code) or b""
        message = ("give up", self._key(code, header), kept, why)
        self.tier.ask(function, lambda function, answer: None, *message)

    def _key(self, code: CodeType, header: int) -> bytes:
        if self.tier.store is None:
            return b""
        key: bytes = self.tier.store.sha256(self.tier.key(code) + f"loop {header}".encode())
        return key
