"""The compiler's stages that every module goes through.

    source -> parse -> `ast` -> host_compile -> `code`

A source file is no artifact: its digest is that of its bytes. File names are in no artifact; a
code object gets its file name when it is loaded.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from types import CodeType
from typing import Any, ClassVar

from dx_py.artifacts import code_marshal
from dx_py.artifacts.artifact import body_of, check_schema, seal
from dx_py.artifacts.errors import DamagedArtifactError
from dx_py.frontend import ast_artifact, parser
from dx_py.frontend.to_ast import tree_of
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


class HostCompileStage:
    """AST artifact to code by the host's ``compile()``; options: ``optimize``, 0 to 2.

    The artifact also says whether compiling warned, because the host warns whenever it
    compiles source, and never when it loads what was compiled.
    """

    name: ClassVar[str] = "host_compile"
    version: ClassVar[int] = 1
    kind: ClassVar[str] = code_artifact.KIND
    schema: ClassVar[int] = code_artifact.SCHEMA
    targets_cpu: ClassVar[bool] = False

    def run(self, inputs: Sequence[bytes], options: Mapping[str, Any]) -> bytes:
        (data,) = inputs
        content = ast_artifact.decode(data)
        tree: Any = tree_of(content)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            code = compile(tree, "", "exec", dont_inherit=True, optimize=options["optimize"])
        warned = bool(content.warnings or caught)
        return seal(code_artifact.encode(code, code_marshal.dumps, warned=warned))


def code_of(data: bytes, filename: str) -> CodeType:
    """The code of a `code` artifact, as code of the file ``filename``; raises ArtifactError."""
    check_schema(data, kind=code_artifact.KIND, schema=code_artifact.SCHEMA)
    try:
        content, _ = code_artifact.decode(bytes(body_of(data)))
        return code_artifact.load(content, filename)
    except (ValueError, EOFError, TypeError) as error:
        raise DamagedArtifactError(f"damaged artifact: {error}") from None
