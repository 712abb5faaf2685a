"""The action language: what a reduction builds, as data.

    BinOp($1, Add, $3)        NewNode("BinOp", (Symbol(1), Name("Add"), Symbol(3)), None)
    Name($2, Store) @2        a node placed at symbol 2 instead of the whole production
    target($1)                Apply("target", (Symbol(1),))
    [$1, $3]                  NewList((Symbol(1), Symbol(3)))
    @1, @                     Span(1), the whole production: Span(None)

Each driver translates these trees into its own language: see docs/frontend/grammar.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile(r"\s*(?:(?P<name>[A-Za-z_]\w*)|(?P<int>\d+)|(?P<mark>[$@]\d*|[()\[\],]))")


@dataclass(frozen=True, slots=True)
class Symbol:
    """The value of the production's n-th symbol, counted from one."""

    number: int


@dataclass(frozen=True, slots=True)
class Span:
    """Where the n-th symbol stands, or the whole production."""

    number: int | None


@dataclass(frozen=True, slots=True)
class Literal:
    """``None``, ``True``, ``False``, ``Ellipsis`` or a small integer."""

    value: object


@dataclass(frozen=True, slots=True)
class Operator:
    """A field-less node class such as ``Add`` or ``Load``, as a value."""

    name: str


@dataclass(frozen=True, slots=True)
class NewList:
    items: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class NewNode:
    """A node of class ``name`` with its fields in the order of the node table.

    It stands where the production stands, or where symbol ``at`` stands.
    """

    name: str
    fields: tuple[Action, ...]
    at: int | None


@dataclass(frozen=True, slots=True)
class Apply:
    """A call of one of the action functions, ``FUNCTIONS``."""

    name: str
    arguments: tuple[Action, ...]


Action = Symbol | Span | Literal | Operator | NewList | NewNode | Apply

#: The action functions and how many arguments each takes.
FUNCTIONS = {
    "add": 2,
    "annotated_assignment": 5,
    "append": 2,
    "arguments": 1,
    "async_form": 2,
    "augmented_target": 1,
    "bool_operation": 5,
    "capture_name": 2,
    "commented": 2,
    "comparators": 1,
    "comparison_left": 1,
    "comparison_operators": 1,
    "concatenated": 1,
    "context_items": 1,
    "conversion": 3,
    "decorated": 2,
    "delete_targets": 1,
    "dotted": 2,
    "extend": 2,
    "first": 1,
    "firsts": 1,
    "flattened": 1,
    "imaginary_number": 1,
    "interpolation": 7,
    "keyword_name": 3,
    "keyword_names": 1,
    "keyword_patterns": 1,
    "keywords": 1,
    "mark": 2,
    "pair": 2,
    "parameter": 4,
    "parenthesised": 1,
    "positional": 1,
    "positional_patterns": 1,
    "real_number": 1,
    "replacement_field": 7,
    "rest_name": 2,
    "second": 1,
    "seconds": 1,
    "signature_types": 1,
    "star_name": 0,
    "string_constant": 2,
    "string_text": 2,
    "target": 1,
    "walrus_target": 2,
    "wildcard_or_name": 1,
    "with_items": 2,
}

_LITERALS = {"None": None, "True": True, "False": False, "Ellipsis": ...}


class ActionError(ValueError):
    """An action that is not in the language; the message quotes it."""


def parse_action(text: str, classes: frozenset[str]) -> Action:
    """Read one action; ``classes`` are the names of the node table."""
    reader = _Reader(text, classes)
    action = reader.action()
    if reader.peek() is not None:
        raise ActionError(f"'{reader.peek()}' left over in action '{text}'")
    return action


class _Reader:
    def __init__(self, text: str, classes: frozenset[str]) -> None:
        self._text = text
        self._classes = classes
        self._tokens = _split(text)
        self._next = 0

    def peek(self) -> str | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def take(self) -> str:
        token = self.peek()
        if token is None:
            raise ActionError(f"action '{self._text}' ends too early")
        self._next += 1
        return token

    def action(self) -> Action:
        token = self.take()
        if token[0] == "$":
            return Symbol(int(token[1:]))
        if token[0] == "@":
            return Span(int(token[1:]) if token[1:] else None)
        if token == "[":
            return NewList(self.sequence("]"))
        if token.isdigit():
            return Literal(int(token))
        if token in _LITERALS:
            return Literal(_LITERALS[token])
        return self.named(token)

    def named(self, name: str) -> Action:
        if self.peek() != "(":
            return self.operator(name)
        self.take()
        arguments = self.sequence(")")
        if FUNCTIONS.get(name) == len(arguments):
            return Apply(name, arguments)
        if name not in self._classes:
            raise ActionError(f"'{name}' with {len(arguments)} arguments in '{self._text}'")
        return NewNode(name, arguments, self.place())

    def operator(self, name: str) -> Operator:
        if name not in self._classes:
            raise ActionError(f"unknown name '{name}' in action '{self._text}'")
        return Operator(name)

    def place(self) -> int | None:
        token = self.peek()
        if token is None or token[0] != "@":
            return None
        return int(self.take()[1:])

    def sequence(self, end: str) -> tuple[Action, ...]:
        items: list[Action] = []
        while self.peek() != end:
            items.append(self.action())
            if self.peek() != end and self.take() != ",":
                raise ActionError(f"',' or '{end}' expected in action '{self._text}'")
        self.take()
        return tuple(items)


def _split(text: str) -> list[str]:
    tokens = []
    place = 0
    text = text.rstrip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise ActionError(f"'{text[place:]}' cannot be read in action '{text}'")
        tokens.append(match[0].strip())
        place = match.end()
    return tokens
