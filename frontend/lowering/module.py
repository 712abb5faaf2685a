"""The steps between a parsed tree and code-level IR, in the host's order."""

from __future__ import annotations

import ast

from dx_py.frontend.folding.fold import fold_tree
from dx_py.frontend.lowering.lower import LoweringOptions, lower
from dx_py.frontend.semantics.future import future_features
from dx_py.frontend.symbols.analysis import analyse_symbols
from dx_py.ir.code_unit import CodeUnit

_FUTURE_ANNOTATIONS = 0x1000000


def lower_tree(tree: ast.mod, filename: str, *, optimize: int, flags: int) -> CodeUnit:
    future = future_features(tree)
    if future.postpones_annotations:
        flags |= _FUTURE_ANNOTATIONS
    postponed = bool(flags & _FUTURE_ANNOTATIONS)
    fold_tree(tree, optimize=optimize, future_annotations=postponed)
    symbols = analyse_symbols(tree, future_annotations=postponed)
    options = LoweringOptions(optimize=optimize, flags=flags, future_annotations=postponed)
    return lower(tree, symbols, options)
