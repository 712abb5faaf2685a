"""The compiler's stages as the driver runs them, and what each artifact holds.

    source -> parse -> `ast` -> symbols      -> `symbols`
                             -> host_compile -> `code`

A source file is no artifact: its digest is that of its bytes. File names are in no artifact; a
code object gets its file name when it is loaded.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Mapping, Sequence
from types import CodeType
from typing import Any, ClassVar, Final

from dx_py.artifacts import code_marshal
from dx_py.artifacts.artifact import Artifact, decode_as
from dx_py.frontend import ast_artifact, parser
from dx_py.frontend.semantics.future import future_features
from dx_py.frontend.symbols import payload
from dx_py.frontend.symbols.analysis import analyse_symbols
from dx_py.frontend.to_ast import to_ast

CODE_KIND: Final = "code"
CODE_SCHEMA: Final = 1


class ParseStage:
    """Source bytes to AST artifact; raises SyntaxError. Options: ``mode``."""

    name: ClassVar[str] = "parse"
    version: ClassVar[int] = 1
    kind: ClassVar[str] = ast_artifact.KIND
    schema: ClassVar[int] = ast_artifact.SCHEMA
    targets_cpu: ClassVar[bool] = False

    def run(self, inputs: Sequence[bytes], options: Mapping[str, Any]) -> bytes:
        (source,) = inputs
        return parser.parse(source, filename="", mode=options["mode"])


class SymbolsStage:
    """AST artifact to its scopes. No options; raises SyntaxError.

    The payload is ``dx_py.frontend.symbols.payload``'s.
    """

    name: ClassVar[str] = "symbols"
    version: ClassVar[int] = 1
    kind: ClassVar[str] = payload.KIND
    schema: ClassVar[int] = payload.SCHEMA
    targets_cpu: ClassVar[bool] = False

    def run(self, inputs: Sequence[bytes], options: Mapping[str, Any]) -> Artifact:
        (data,) = inputs
        tree = to_ast(data)
        assert isinstance(tree, ast.mod)
        postponed = future_features(tree).postpones_annotations
        analysis = analyse_symbols(tree, future_annotations=postponed)
        for diagnostic in analysis.diagnostics:
            raise SyntaxError(diagnostic.message)
        return payload.symbols_artifact(analysis.module)


class HostCompileStage:
    """AST artifact to code by the host's ``compile()``; options: ``optimize``, 0 to 2.

    The payload is ``{"code": marshal bytes, "warned": bool}``. ``warned`` is kept because the
    host warns whenever it compiles source, and never when it loads what was compiled.
    """

    name: ClassVar[str] = "host_compile"
    version: ClassVar[int] = 1
    kind: ClassVar[str] = CODE_KIND
    schema: ClassVar[int] = CODE_SCHEMA
    targets_cpu: ClassVar[bool] = False

    def run(self, inputs: Sequence[bytes], options: Mapping[str, Any]) -> Artifact:
        (data,) = inputs
        tree: Any = to_ast(data)
        parser_warned = bool(ast_artifact.decode(data).warnings)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            code = compile(tree, "", "exec", dont_inherit=True, optimize=options["optimize"])
        content = {"code": code_marshal.dumps(code), "warned": parser_warned or bool(caught)}
        return Artifact(CODE_KIND, CODE_SCHEMA, content)


def code_of(data: bytes, filename: str) -> CodeType:
    """The code object of a `code` artifact, as code of the file ``filename``."""
    content = decode_as(data, kind=CODE_KIND, schema=CODE_SCHEMA)
    return rename(code_marshal.loads(content["code"]), filename)


def rename(code: CodeType, filename: str) -> CodeType:
    constants = tuple(
        rename(constant, filename) if isinstance(constant, CodeType) else constant
        for constant in code.co_consts
    )
    return code.replace(co_filename=filename, co_consts=constants)
