"""The steps between a parsed tree and code-level IR.

    future features -> scopes -> checks -> folding -> lowering

The host folds before it analyses scopes; nothing that is folded binds or reads a name, so that
one analysis serves the checks, which judge the tree as it was written, and the lowering.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from dx_py.frontend.diagnostics.diagnostic import Diagnostic
from dx_py.frontend.folding.fold import fold_tree
from dx_py.frontend.lowering.lower import LoweringOptions, lower
from dx_py.frontend.lowering.reporting import Announcer, report
from dx_py.frontend.semantics.check import check_analysed
from dx_py.frontend.semantics.checker import Options
from dx_py.frontend.semantics.future import future_features
from dx_py.frontend.symbols.analysis import analyse_symbols
from dx_py.ir.code_unit import CodeUnit

FUTURE_ANNOTATIONS = 0x1000000
BARRY_AS_BDFL = 0x400000
_TOP_LEVEL_AWAIT = 0x2000
#: ``compile``'s flags that become flags of the code: all features of ``__future__``.
_FEATURES = 0x1FE0000
_NAMED_FEATURES = {"annotations": FUTURE_ANNOTATIONS, "barry_as_FLUFL": BARRY_AS_BDFL}


@dataclass(frozen=True, slots=True)
class CompileOptions:
    """``optimize`` and ``flags`` as for ``compile``; ``optimize`` is 0, 1 or 2."""

    optimize: int = 0
    flags: int = 0


def lower_tree(tree: ast.mod, filename: str, options: CompileOptions) -> CodeUnit:
    """The module's unit; changes the tree. Warns and raises SyntaxError as the host."""
    future = future_features(tree)
    report(future.diagnostics, filename)
    flags = options.flags & _FEATURES
    for name in future.names:
        flags |= _NAMED_FEATURES.get(name, 0)
    postponed = bool(flags & FUTURE_ANNOTATIONS)
    awaits = bool(options.flags & _TOP_LEVEL_AWAIT)
    symbols = analyse_symbols(tree, future_annotations=postponed)
    if _has_error(symbols.diagnostics):
        _warn_of_constants(tree, options, postponed=postponed)
    report(symbols.diagnostics, filename)
    checks = Options(awaits, postponed, options.optimize)
    checker = check_analysed(tree, future, symbols, checks)
    if _has_error(checker.diagnostics):
        _warn_of_constants(tree, options, postponed=postponed)
        report(checker.diagnostics, filename)
    announcer = Announcer(checker.warnings, filename) if checker.warnings else None
    fold_tree(tree, optimize=options.optimize, future_annotations=postponed)
    lowering = LoweringOptions(options.optimize, flags, postponed, awaits, announcer)
    return lower(tree, symbols, lowering)


def _has_error(diagnostics: Iterable[Diagnostic]) -> bool:
    return any(diagnostic.category.is_error for diagnostic in diagnostics)


def _warn_of_constants(tree: ast.mod, options: CompileOptions, *, postponed: bool) -> None:
    """The host folds before it looks at scopes, and an operation on constants may warn."""
    fold_tree(tree, optimize=options.optimize, future_annotations=postponed)
