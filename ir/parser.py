"""The text of ``printer`` back to SSA functions: tests and dumps start from it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Final

from dx_py.ir.core import Attr, Block, Edge, FrameState, Function, Op, Value
from dx_py.ir.opcodes import OPCODES
from dx_py.ir.types import parse_type

_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<string>"(?:[^"\\]|\\.)*")|(?P<state>@\d+:\d+!?)|(?P<block>b\d+)\b
    |(?P<value>v\d+)\b|(?P<number>-?(?:0x[0-9a-f.]+p[+-]\d+|inf|nan|\d+)\b)
    |(?P<name>[A-Za-z_][\w.]*(?:<[\w.:|]+>)?\??)|(?P<punct>[{}():,=|]))""",
    re.VERBOSE,
)


class IRSyntaxError(Exception):
    """The text is not SSA IR; the message has the line number and the line."""


def parse_function(text: str) -> Function:
    """One function; comments start with ``;`` and end with the line."""
    return _Parser().parse(text)


@dataclass(slots=True)
class _Parser:
    function: Function = field(default_factory=lambda: Function(""))
    values: dict[str, Value] = field(default_factory=dict)
    blocks: dict[str, Block] = field(default_factory=dict)
    tokens: list[tuple[str, str]] = field(default_factory=list)
    position: int = 0
    open_block: Block = field(default_factory=lambda: Block(-1))

    def parse(self, text: str) -> Function:
        lines = [line.split(";")[0].rstrip() for line in text.splitlines()]
        self._declare(lines)
        for number, line in enumerate(lines, 1):
            try:
                self._line(line)
            except (ValueError, KeyError, IndexError) as error:
                raise IRSyntaxError(f"line {number}: {error}: {line.strip()!r}") from None
        return self.function

    def _declare(self, lines: list[str]) -> None:
        """Blocks and values first: a frame state or edge may name them before their line."""
        for line in lines:
            if match := re.match(r"(b\d+)\(", line):
                block = Block(int(match[1][1:]))
                self.blocks[match[1]] = block
                self.function.blocks.append(block)
                self.function.next_block = max(self.function.next_block, block.number + 1)

    def _line(self, line: str) -> None:
        self.tokens, self.position = _tokenize(line), 0
        if not self.tokens or line.strip() == "}":
            return
        kind, text = self.tokens[0]
        if text == "function":
            self.function.name = self.tokens[1][1]
            self.function.owns_arguments = self.tokens[2][1] == "owning"
        elif kind == "block" and not line.startswith(" "):
            self._block_header()
        else:
            self.open_block.ops.append(self._op())

    def _block_header(self) -> None:
        self.open_block = self.blocks[self._next()[1]]
        self._expect("(")
        self.open_block.parameters = self._declarations(")")
        self._expect(")")

    def _declarations(self, end: str) -> list[Value]:
        declared = []
        while self._peek()[1] != end:
            value = self._value()
            self._expect(":")
            value.type = parse_type(self._next()[1])
            declared.append(value)
            self._accept(",")
        return declared

    def _op(self) -> Op:
        results = self._results()
        opcode = self._next()[1]
        if opcode not in OPCODES:
            raise ValueError(f"unknown opcode {opcode!r}")
        op = Op(opcode, self._operands(), tuple(results))
        op.attrs = dict(self._attr(name) for name, _ in OPCODES[opcode].attrs)
        while self._peek()[0] == "block":
            op.successors.append(self._edge())
        if self._peek()[0] == "state":
            op.state = self._state()
        if self._accept("owned"):
            op.owned = tuple(self._operands())
        if self._peek()[0] != "end":
            raise ValueError(f"unexpected {self._peek()[1]!r}")
        return op

    def _results(self) -> list[Value]:
        if not any(text == "=" for _, text in self.tokens) or self._peek()[0] != "value":
            return []
        results = self._declarations("=")
        self._expect("=")
        return results

    def _operands(self) -> list[Value]:
        operands = []
        while self._peek()[0] == "value":
            operands.append(self._value())
            self._accept(",")
        return operands

    def _attr(self, name: str) -> tuple[str, Attr]:
        self._expect(name)
        self._expect("=")
        kind, text = self._next()
        if kind == "string":
            return name, json.loads(text)
        is_float = "p" in text or "inf" in text or "nan" in text
        return name, float.fromhex(text) if is_float else int(text)

    def _edge(self) -> Edge:
        block = self.blocks[self._next()[1]]
        self._expect("(")
        arguments = self._operands()
        self._expect(")")
        return Edge(block, arguments)

    def _state(self) -> FrameState:
        head = self._next()[1]
        code, pc = head[1:].rstrip("!").split(":")
        self._expect("(")
        values: list[Value | None] = []
        while not self._accept("|"):
            values.append(None if self._accept("_") else self._value())
            self._accept(",")
        stack = self._operands()
        self._expect(")")
        parent = self._state() if self._accept("in") else None
        return FrameState(
            int(code), int(pc), tuple(values), tuple(stack), parent, head.endswith("!")
        )

    def _value(self) -> Value:
        kind, text = self._next()
        if kind != "value":
            raise ValueError(f"expected a value, found {text!r}")
        if text not in self.values:
            number = int(text[1:])
            self.values[text] = Value(number, parse_type("obj"))
            self.function.next_value = max(self.function.next_value, number + 1)
        return self.values[text]

    def _peek(self) -> tuple[str, str]:
        return self.tokens[self.position] if self.position < len(self.tokens) else ("end", "")

    def _next(self) -> tuple[str, str]:
        self.position += 1
        return self.tokens[self.position - 1]

    def _accept(self, text: str) -> bool:
        if self._peek()[1] != text:
            return False
        self.position += 1
        return True

    def _expect(self, text: str) -> None:
        if not self._accept(text):
            raise ValueError(f"expected {text!r}, found {self._peek()[1]!r}")


def _tokenize(line: str) -> list[tuple[str, str]]:
    tokens, position = [], 0
    line = line.rstrip()
    while position < len(line):
        match = _TOKEN.match(line, position)
        if match is None or match.lastgroup is None:
            raise ValueError(f"unexpected character {line[position]!r}")
        tokens.append((match.lastgroup, match[match.lastgroup]))
        position = match.end()
    return tokens
