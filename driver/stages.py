"""The compiler's stages that every module goes through.

    source -> parse -> `ast` -> codegen -> `code`

`codegen` goes from the tree by way of code-level IR (`lower`, an artifact where one asks for
it) to bytecode, in one step: nobody else reads what is in between.

A source file is no artifact: its digest is that of its bytes. File names are in no artifact; a
code object gets its file name when it is loaded.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from types import CodeType
from typing import Any, ClassVar

from dx_py.artifacts import code_marshal
from dx_py.artifacts.artifact import body_of, check_schema, encode, seal
from dx_py.artifacts.errors import DamagedArtifactError
from dx_py.backend.bytecode.compile_tree import deep_recursion
from dx_py.driver.code_generation import STAGE, generate_code
from dx_py.frontend import ast_artifact, parser
from dx_py.frontend.lowering.module import CompileOptions, lower_tree
from dx_py.frontend.to_ast import tree_of
from dx_py.ir import code_codec
from dx_py.runtime_support import code_artifact


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


class CodegenStage:
    """AST artifact to the code that the host's ``compile()`` would make; options:
    ``optimize``, 0 to 3.

    The artifact also says whether compiling warned, because the host warns whenever it
    compiles source, and never when it loads what was compiled.

    A defect of ours leaves the module to the host, with a line that says so; it raises
    InternalError if ``strict``.
    """

    name: ClassVar[str] = STAGE
    version: ClassVar[int] = 2
    kind: ClassVar[str] = code_artifact.KIND
    schema: ClassVar[int] = code_artifact.SCHEMA
    targets_cpu: ClassVar[bool] = False

    def __init__(self, *, strict: bool = False) -> None:
        self._strict = strict

    def run(self, inputs: Sequence[bytes], options: Mapping[str, Any]) -> bytes:
        (data,) = inputs
        content = ast_artifact.decode(data)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            code = generate_code(
                lambda: tree_of(content), "", optimize=options["optimize"], strict=self._strict
            )
        warned = bool(content.warnings or caught)
        return seal(code_artifact.encode(code, code_marshal.dumps, warned=warned))


class LowerStage:
    """AST artifact to code-level IR, before any pass; options: ``optimize``, 0 to 3."""

    name: ClassVar[str] = "lower"
    version: ClassVar[int] = 1
    kind: ClassVar[str] = code_codec.KIND
    schema: ClassVar[int] = code_codec.SCHEMA
    targets_cpu: ClassVar[bool] = False

    def run(self, inputs: Sequence[bytes], options: Mapping[str, Any]) -> bytes:
        (data,) = inputs
        tree: Any = tree_of(ast_artifact.decode(data))
        with warnings.catch_warnings(), deep_recursion():
            warnings.simplefilter("ignore")
            unit = lower_tree(tree, "", CompileOptions(options["optimize"]))
        return encode(code_codec.code_artifact(unit))


def code_of(data: bytes, filename: str) -> CodeType:
    """The code of a `code` artifact, as code of the file ``filename``; raises ArtifactError."""
    check_schema(data, kind=code_artifact.KIND, schema=code_artifact.SCHEMA)
    try:
        content, _ = code_artifact.decode(bytes(body_of(data)))
        return code_artifact.load(content, filename)
    except (ValueError, EOFError, TypeError) as error:
        raise DamagedArtifactError(f"damaged artifact: {error}") from None
