"""Source to AST artifact to tree, by the host's parser: stands in for the front end."""

from __future__ import annotations

import ast
from typing import Any

from dx_py.artifacts.artifact import Artifact, decode_as, encode

AST_KIND = "ast"
AST_SCHEMA = 0


def parse(source: bytes | str, *, filename: str, mode: str) -> bytes:
    tree = compile(source, filename, mode, ast.PyCF_ONLY_AST, dont_inherit=True)
    return encode(Artifact(AST_KIND, AST_SCHEMA, _flatten(tree)))


def to_ast(data: bytes) -> ast.AST:
    tree = _build(decode_as(data, kind=AST_KIND, schema=AST_SCHEMA))
    assert isinstance(tree, ast.AST)
    return tree


def _flatten(value: object) -> Any:  # noqa: ANN401
    if isinstance(value, list):
        return [_flatten(item) for item in value]
    if isinstance(value, ast.AST):
        names = [*value._fields, *value._attributes]
        fields = {
            name: _flatten(getattr(value, name)) for name in names if hasattr(value, name)
        }
        return {"node": type(value).__name__, **fields}
    return value


def _build(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, list):
        return [_build(item) for item in value]
    if isinstance(value, dict):
        fields = {name: _build(item) for name, item in value.items() if name != "node"}
        return getattr(ast, value["node"])(**fields)
    return value
