"""SSA functions executed op by op over Python objects: what they mean, without machine code.

The reference against which passes are tested: a function must do the same before and after
each of them. A guard that fails, or an op that raises, hands its frame state to the host's
interpreter (``resumption``), as native code does. ``semantics`` has a function for each opcode.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Sequence
from types import FunctionType
from typing import Any, Final

from dx_py.ir.bytecode import read_instructions
from dx_py.ir.core import Block, Edge, FrameState, Function, Op, Value
from dx_py.ir.opcodes import Exit
from dx_py.ir.resumption import NULL, resume
from dx_py.ir.semantics import SEMANTICS, GuardError
from dx_py.runtime_support.native_program import BUILTIN_CLASSES, find_class

_SINGLETONS: Final = {"None": None, "True": True, "False": False}


def interpret(
    function: Function, functions: Sequence[FunctionType], arguments: Sequence[object]
) -> object:
    """The result, or the exception, of calling ``functions[0]``, whose SSA ``function`` is.

    ``functions``: that of each routine which the SSA names. ``arguments`` are bound already.
    """
    return _Activation(function, functions).run(arguments)


class _Activation:
    def __init__(self, function: Function, functions: Sequence[FunctionType]) -> None:
        self.function = function
        self.functions = functions
        self.values: dict[Value, Any] = {}

    def run(self, arguments: Sequence[object]) -> object:
        block: Block = self.function.entry
        self.values.update(zip(block.parameters, arguments, strict=True))
        while True:
            for op in block.ops[:-1]:
                try:
                    self._execute(op)
                except GuardError:
                    return self._leave(op)
                except Exception as error:
                    return self._leave(op, error.with_traceback(None))
            last = block.terminator
            match last.opcode:
                case "return":
                    return self.values[last.operands[0]]
                case "exit":
                    return self._leave(last)
            block = self._follow(self._taken(last))

    def _execute(self, op: Op) -> None:
        results = SEMANTICS[op.opcode](self, op, *(self.values[v] for v in op.operands))
        if len(op.results) == 1:
            results = (results,)
        if op.results:
            self.values.update(zip(op.results, results, strict=True))

    def _taken(self, op: Op) -> Edge:
        if op.opcode == "jump":
            return op.successors[0]
        return op.successors[0 if self.values[op.operands[0]] else 1]

    def _follow(self, edge: Edge) -> Block:
        given = [self.values[argument] for argument in edge.arguments]
        self.values.update(zip(edge.block.parameters, given, strict=True))
        return edge.block

    def _leave(self, op: Op, error: BaseException | None = None) -> object:
        """The rest is the interpreter's: innermost frame first, then those it returns to."""
        if error is not None and op.spec.exit is not Exit.THROW:
            raise AssertionError(f"'{op.opcode}' must not raise") from error
        assert op.state is not None
        state: FrameState | None = op.state
        pc, pushed = op.state.pc, list[object]()
        while state is not None:
            result: object = None
            try:
                result = self._resume(state, pc, pushed, error)
                error = None
            except Exception as raised:
                error = raised
            pushed = [] if state.drops_result else [result]
            state = state.parent
            if state is not None:
                # To raise at the call, or to go on behind it.
                pc = state.pc if error is not None else self._following(state)
                pushed = [] if error is not None else pushed
        if error is not None:
            raise error
        return result

    def _resume(
        self, state: FrameState, pc: int, pushed: list[object], error: BaseException | None
    ) -> object:
        local_values = [NULL if v is None else self.values[v] for v in state.locals]
        stack = [self.values[v] for v in state.stack]
        function = self.functions[state.code]
        return resume(function, pc, local_values, [*stack, *pushed], error=error)

    def _following(self, state: FrameState) -> int:
        code = self.functions[state.code].__code__
        return next(i.next_pc for i in read_instructions(code) if i.pc == state.pc)

    # What ops ask for.

    def routine(self, op: Op) -> FunctionType:
        """The function whose instruction the op is of."""
        return self.functions[op.state.code if op.state else 0]

    def object_at(self, slot: str) -> object:
        """What a row of the address table stands for (``backend/llvm/table.py``)."""
        kind, _, rest = slot.partition(":")
        if kind == "object":
            return _SINGLETONS[rest]
        if kind == "member":
            owner, _, name = rest.rpartition(" ")
            return _member(owner, name)
        if kind == "method":
            cls, _, name = rest.partition(" ")
            return vars(BUILTIN_CLASSES[cls])[name]
        if kind == "attribute":
            _, text, name = rest.split(" ")
            return _class_attribute(text, name)
        if kind == "type":
            return find_class(rest) if ":" in rest else getattr(builtins, rest)
        return self._of_routine(kind, *rest.split(":", 1))

    def _of_routine(self, kind: str, number: str, name: str = "") -> object:
        function = self.functions[int(number)]
        match kind:
            case "const":
                return function.__code__.co_consts[int(name)]
            case "default":
                return (function.__defaults__ or ())[int(name)]
            case "global":
                return function.__globals__[name]
            case "builtin":
                return getattr(builtins, name)
            case "func":
                return function
        raise AssertionError(f"no meaning of the row '{kind}:{number}:{name}'")


def _member(owner: str, name: str) -> object:
    kind, _, text = owner.partition(" ")
    if kind == "class":
        return _class_attribute(text, name)
    return vars(sys.modules[text])[name]


def _class_attribute(text: str, name: str) -> object:
    cls = find_class(text.split("|")[0])
    assert cls is not None
    return next(vars(base)[name] for base in cls.__mro__ if name in vars(base))
