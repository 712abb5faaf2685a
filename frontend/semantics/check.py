"""Everything the host's compiler refuses in a tree that parses, in the host's order.

The host runs `from __future__`, then symbol analysis, then code generation, and stops at the
first error. Here each step reports all it finds, and the first error of the first step that has
one is the host's.
"""

from __future__ import annotations

import ast
from dataclasses import replace

from dx_py.frontend.diagnostics.diagnostic import Diagnostic
from dx_py.frontend.semantics import definitions, expressions, patterns, statements
from dx_py.frontend.semantics.checker import Checker, Options
from dx_py.frontend.semantics.future import FutureFeatures, future_features
from dx_py.frontend.symbols.analysis import SymbolAnalysis, analyse_symbols
from dx_py.frontend.symbols.walk import Visitors, walk

VISITORS: Visitors[Checker] = {
    ast.FunctionDef: definitions.function,
    ast.AsyncFunctionDef: definitions.function,
    ast.Lambda: definitions.function_literal,
    ast.ClassDef: definitions.class_definition,
    ast.TypeAlias: definitions.type_alias,
    ast.TypeVar: definitions.type_variable,
    ast.TypeVarTuple: definitions.other_type_parameter,
    ast.ParamSpec: definitions.other_type_parameter,
    ast.Return: statements.return_statement,
    ast.Break: statements.break_statement,
    ast.Continue: statements.continue_statement,
    ast.While: statements.while_statement,
    ast.For: statements.for_statement,
    ast.AsyncFor: statements.for_statement,
    ast.With: statements.with_statement,
    ast.AsyncWith: statements.with_statement,
    ast.Try: statements.try_statement,
    ast.TryStar: statements.try_statement,
    ast.ExceptHandler: statements.except_handler,
    ast.Import: statements.import_statement,
    ast.ImportFrom: statements.from_import_statement,
    ast.Assign: statements.assignment,
    ast.AugAssign: statements.augmented_assignment,
    ast.AnnAssign: statements.annotated_assignment,
    ast.Assert: statements.assert_statement,
    ast.Match: patterns.match_statement,
    ast.Name: expressions.name,
    ast.Attribute: expressions.attribute,
    ast.Tuple: expressions.display,
    ast.List: expressions.display,
    ast.Set: expressions.display,
    ast.Starred: expressions.starred,
    ast.Call: expressions.call,
    ast.Subscript: expressions.subscript,
    ast.Compare: expressions.comparison,
    ast.Dict: expressions.dictionary,
    ast.NamedExpr: expressions.named_expression,
    ast.Yield: expressions.yield_value,
    ast.YieldFrom: expressions.yield_from,
    ast.Await: expressions.await_value,
    ast.ListComp: expressions.comprehension,
    ast.SetComp: expressions.comprehension,
    ast.DictComp: expressions.comprehension,
    ast.GeneratorExp: expressions.comprehension,
}


def check_semantics(tree: ast.mod, options: Options | None = None) -> list[Diagnostic]:
    """Errors and warnings; empty for a tree that the host compiles without a word.

    The tree is one that a parser made: nodes that no source gives are not looked for.
    """
    chosen = options or Options()
    future = future_features(tree)
    if future.diagnostics:
        return list(future.diagnostics)
    postponed = chosen.future_annotations or future.postpones_annotations
    analysis = analyse_symbols(tree, future_annotations=postponed)
    if analysis.diagnostics:
        return list(analysis.diagnostics)
    options = replace(chosen, future_annotations=postponed)
    return check_analysed(tree, future, analysis, options).diagnostics


def check_analysed(
    tree: ast.mod, future: FutureFeatures, analysis: SymbolAnalysis, options: Options
) -> Checker:
    """The checks of a tree whose future features and scopes are in order."""
    checker = Checker(analysis, future, options)
    walk(checker, tree, VISITORS)
    return checker
