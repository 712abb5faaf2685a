"""The stage that finds a module's scopes, for those who ask for them."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from dx_py.artifacts.artifact import Artifact
from dx_py.frontend.semantics.future import future_features
from dx_py.frontend.symbols import payload
from dx_py.frontend.symbols.analysis import analyse_symbols
from dx_py.frontend.to_ast import to_ast


class SymbolsStage:
    """AST artifact to its scopes (``dx_py.frontend.symbols.payload``). No options.

    Raises SyntaxError for scopes that the host refuses.
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
