"""Artifacts as text: one function a kind, from the artifact's bytes."""

from __future__ import annotations

import ast
import dis
import io
import pprint
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Final

from dx_py.artifacts.artifact import decode, decode_as
from dx_py.driver.stages import code_of
from dx_py.frontend import ast_artifact
from dx_py.frontend.symbols import payload
from dx_py.frontend.symbols.scope import Scope
from dx_py.frontend.to_ast import to_ast
from dx_py.ir import code_codec
from dx_py.ir.code_text import format_unit
from dx_py.runtime_support import code_artifact


def artifact_text(data: bytes) -> str:
    """A line that says what it is, then the payload; raises ArtifactError."""
    artifact = decode(data)
    head = f"{artifact.kind}, schema {artifact.schema}, {len(data):,} bytes"
    return f"{head}\n\n{FORMATS.get(artifact.kind, payload_text)(data)}"


def payload_text(data: bytes) -> str:
    """For kinds that have no form of their own."""
    return pprint.pformat(decode(data).payload, width=100, sort_dicts=False)


def ast_text(data: bytes) -> str:
    return ast.dump(to_ast(data), indent=2)


def symbols_text(data: bytes) -> str:
    """Each scope under the one that holds it, then its names: how used -> where bound."""
    content = decode_as(data, kind=payload.KIND, schema=payload.SCHEMA)
    return "\n".join(_scope_lines(payload.from_payload(content), 0))


def _scope_lines(scope: Scope, depth: int) -> Iterator[str]:
    indent = "  " * depth
    yield f"{indent}{scope.kind.name.lower()} {scope.name}, line {scope.line}"
    for name, symbol in scope.symbols.items():
        uses = ", ".join(use.name.lower() for use in symbol.uses if use.name) or "nothing"
        yield f"{indent}  {name}: {uses} -> {symbol.binding.name.lower()}"
    for child in scope.children:
        yield from _scope_lines(child, depth + 1)


def code_ir_text(data: bytes) -> str:
    artifact = decode_as(data, kind=code_codec.KIND, schema=code_codec.SCHEMA)
    return format_unit(code_codec.from_payload(artifact)).rstrip("\n")


def code_text(data: bytes) -> str:
    return disassembly(code_of(data, "")).rstrip("\n")


def disassembly(code: CodeType) -> str:
    text = io.StringIO()
    dis.dis(code, file=text)
    return text.getvalue()


def _native_text(function: str) -> Callable[[bytes], str]:
    """A form of the native tier, which is imported when one looks."""

    def text(data: bytes) -> str:
        from dx_py.driver import native_views

        form: Callable[[bytes], str] = getattr(native_views, function)
        return form(data)

    return text


def _profile_text(data: bytes) -> str:
    from dx_py.driver.profile import profile_text

    return profile_text(data)


#: Kind -> its form; a kind without a row is shown as its payload.
FORMATS: Final[dict[str, Callable[[bytes], str]]] = {
    ast_artifact.KIND: ast_text,
    code_artifact.KIND: code_text,
    code_codec.KIND: code_ir_text,
    payload.KIND: symbols_text,
    "native-unit": _native_text("unit_text"),
    "profile": _profile_text,
} | dict.fromkeys(
    ("native-ssa", "native-opt-ir", "native-llvm", "native-asm", "native-obj"),
    _native_text("view_text"),
)
