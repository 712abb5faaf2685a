"""The steps between a parsed tree and code-level IR.

    future features -> folding -> scopes -> checks -> lowering

Folding comes before what is reported, because it decides what there is to report: an operation
on constants may warn by itself, and its result may be called or subscripted.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from dx_py.frontend.folding.fold import fold_tree
from dx_py.frontend.folding.propagation import optimize_tree
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
#: The level above the host's: constants that a module promises are put where they are used.
PROMISES = 3
#: ``compile``'s flags that become flags of the code: all features of ``__future__``.
_FEATURES = 0x1FE0000
_NAMED_FEATURES = {"annotations": FUTURE_ANNOTATIONS, "barry_as_FLUFL": BARRY_AS_BDFL}


@dataclass(frozen=True, slots=True)
class CompileOptions:
    """``optimize`` and ``flags`` as for ``compile``; ``optimize`` is 0, 1, 2 or PROMISES."""

    optimize: int = 0
    flags: int = 0

    @property
    def host_level(self) -> int:
        """The level of the host's that decides about assertions and docstrings."""
        return 0 if self.optimize == PROMISES else self.optimize


def lower_tree(tree: ast.mod, filename: str, options: CompileOptions) -> CodeUnit:
    """The module's unit; changes the tree. Warns and raises SyntaxError as the host."""
    future = future_features(tree)
    report(future.diagnostics, filename)
    flags = options.flags & _FEATURES
    for name in future.names:
        flags |= _NAMED_FEATURES.get(name, 0)
    postponed = bool(flags & FUTURE_ANNOTATIONS)
    awaits = bool(options.flags & _TOP_LEVEL_AWAIT)
    level = options.host_level
    fold_tree(tree, optimize=level, future_annotations=postponed)
    symbols = analyse_symbols(tree, future_annotations=postponed)
    report(symbols.diagnostics, filename)
    checks = Options(awaits, postponed, level)
    checker = check_analysed(tree, future, symbols, checks)
    if any(diagnostic.category.is_error for diagnostic in checker.diagnostics):
        report(checker.diagnostics, filename)
    announcer = Announcer(checker.warnings, filename) if checker.warnings else None
    if options.optimize == PROMISES:
        optimize_tree(tree, future_annotations=postponed)
    lowering = LoweringOptions(level, flags, postponed, awaits, announcer)
    return lower(tree, symbols, lowering)
