"""The AST artifact: what it holds, and how it is written and read in Python.

docs/frontend/ast-artifact.md describes the format. The native library writes the same bytes
(``native/artifact_writer.c``); a test compares the two over the library.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from dx_py.artifacts.artifact import decode_as, seal
from dx_py.artifacts.msgpack_reader import unpack
from dx_py.artifacts.msgpack_writer import pack
from dx_py.frontend.function_index import FunctionEntry, Scopes
from dx_py.frontend.grammar.nodes import NodeClass
from dx_py.frontend.grammar.reader import read_grammar

KIND: Final = "ast"
SCHEMA: Final = 1

#: Deeper trees are RecursionErrors, as they are for the host.
MAX_DEPTH: Final = 2996

_TOO_DEEP = "maximum recursion depth exceeded during ast construction"


@dataclass(frozen=True, slots=True)
class AstArtifact:
    """The parts of a decoded AST artifact.

    ``tree`` is the msgpack of the root node, ``names`` the identifiers it refers to by number,
    ``warnings`` line, column and message of what the host warns about.
    """

    mode: str
    tree: bytes
    names: list[str]
    grammar: str
    warnings: list[tuple[int, int, str]]
    functions: list[FunctionEntry]


def decode(artifact: bytes) -> AstArtifact:
    """Raises ArtifactError for bytes that are no AST artifact of this schema."""
    payload = decode_as(artifact, kind=KIND, schema=SCHEMA)
    return AstArtifact(
        mode=payload["mode"],
        tree=payload["tree"],
        names=payload["names"],
        grammar=payload["grammar"],
        warnings=[(line, column, text) for line, column, text in payload["warnings"]],
        functions=[FunctionEntry(*entry) for entry in payload["functions"]],
    )


def encode(tree: ast.AST, *, mode: str, warnings: list[tuple[int, int, str]]) -> bytes:
    """The artifact of a tree; its spine is nested Python calls, so ``MAX_DEPTH`` bounds it."""
    writer = _Writer()
    with _deep_recursion():
        writer.node(tree, 0, 1)
    payload = {
        "mode": mode,
        "tree": b"".join(writer.pieces),
        "names": list(writer.names),
        "grammar": read_grammar().digest,
        "warnings": [list(warning) for warning in warnings],
        "functions": [entry.to_list() for entry in writer.scopes.entries],
    }
    return seal(pack([KIND, SCHEMA, payload]))


@contextmanager
def _deep_recursion() -> Iterator[None]:
    """Room for a few Python frames per level of the deepest tree; they use no C stack."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, MAX_DEPTH * 8))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


# ---- Writing.


@cache
def _classes() -> dict[str, tuple[int, NodeClass]]:
    nodes = read_grammar().nodes
    return {node.name: (number, node) for number, node in enumerate(nodes)}


class _Writer:
    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.size = 0
        self.names: dict[str, int] = {}
        self.scopes = Scopes()

    def put(self, value: object) -> None:
        self.put_bytes(pack(value))

    def put_bytes(self, piece: bytes) -> None:
        self.pieces.append(piece)
        self.size += len(piece)

    def array(self, count: int) -> None:
        if count < 16:
            self.put_bytes(bytes([0x90 | count]))
        elif count < 1 << 16:
            self.put_bytes(b"\xdc" + count.to_bytes(2))
        else:
            self.put_bytes(b"\xdd" + count.to_bytes(4))

    def node(self, node: Any, line: int, depth: int) -> None:  # noqa: ANN401 - any ast class
        if depth > MAX_DEPTH:
            raise RecursionError(_TOO_DEEP)
        number, shape = _classes()[type(node).__name__]
        start = self.size
        self.array(len(shape.fields) + (5 if shape.has_position else 1))
        self.put(number)
        if shape.has_position:
            self.put(node.lineno - line)
            self.put(node.col_offset)
            self.put(node.end_lineno - node.lineno)
            self.put(node.end_col_offset)
            line = node.lineno
        scope = self.scopes.add(node, start)
        for field in shape.fields:
            value = getattr(node, field.name, None)
            with self.scopes.inside(scope, field.name):
                self.field(field.type, value, line, depth)
        if scope is not None:
            self.scopes.close(scope, self.size)

    def field(self, type_: str, value: Any, line: int, depth: int) -> None:  # noqa: ANN401
        match type_:
            case "nodes" | "nodes?" | "identifiers" | "operators":
                self.array(len(value))
                for item in value:
                    self.field(_ITEM_TYPES[type_], item, line, depth)
            case _ if value is None:
                self.put(None)
            case "identifier" | "identifier?":
                self.put(self.names.setdefault(value, len(self.names)))
            case "operator":
                self.put(_classes()[type(value).__name__][0])
            case "node" | "node?":
                self.node(value, line, depth + 1)
            case _:
                self.put(value)


_ITEM_TYPES = {
    "nodes": "node",
    "nodes?": "node?",
    "identifiers": "identifier",
    "operators": "operator",
}


# ---- Reading.


def build(tree: bytes, names: list[str], *, line: int = 0) -> ast.AST:
    """``ast`` objects of tree bytes, in pure Python; ``line`` as in ``_ast.from_tree``."""
    raw: Any = unpack(tree)
    if line:
        line -= raw[1]
    with _deep_recursion():
        return _Reader(names).node(raw, line)


class _Reader:
    def __init__(self, names: list[str]) -> None:
        self.names = names
        self.classes = read_grammar().nodes
        self.operators: dict[int, ast.AST] = {}

    def node(self, raw: list[Any], line: int) -> ast.AST:
        shape = self.classes[raw[0]]
        kind = getattr(ast, shape.name, None)
        if kind is None:
            major, minor = shape.since
            raise ValueError(f"'{shape.name}' needs Python {major}.{minor} or newer")
        node: ast.AST = kind()
        values = raw[1:]
        if shape.has_position:
            delta, column, lines, end_column = values[:4]
            line += delta
            values = values[4:]
            node.lineno, node.col_offset = line, column  # type: ignore[attr-defined]
            node.end_lineno, node.end_col_offset = line + lines, end_column  # type: ignore[attr-defined]
        for field, value in zip(shape.fields, values, strict=True):
            if field.name in node._fields:
                setattr(node, field.name, self.field(field.type, value, line))
        return node

    def field(self, type_: str, value: Any, line: int) -> Any:  # noqa: ANN401
        match type_:
            case "nodes" | "nodes?" | "identifiers" | "operators":
                return [self.field(_ITEM_TYPES[type_], item, line) for item in value]
            case "operator":
                return self.operator(value)
            case _ if value is None:
                return None
            case "identifier" | "identifier?":
                return self.names[value]
            case "node" | "node?":
                return self.node(value, line)
            case _:
                return value

    def operator(self, number: int) -> ast.AST:
        if number not in self.operators:
            self.operators[number] = getattr(ast, self.classes[number].name)()
        return self.operators[number]
