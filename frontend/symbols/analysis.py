"""From a tree to its scopes: the collector's pass, then the resolver's."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from dx_py.frontend.diagnostics.diagnostic import Diagnostic
from dx_py.frontend.symbols import definitions, expressions, statements
from dx_py.frontend.symbols.collector import Collector
from dx_py.frontend.symbols.resolver import Resolver
from dx_py.frontend.symbols.scope import Scope
from dx_py.frontend.symbols.walk import Visitors, walk

VISITORS: Visitors[Collector] = {
    ast.FunctionDef: definitions.function,
    ast.AsyncFunctionDef: definitions.function,
    ast.Lambda: definitions.function_literal,
    ast.ClassDef: definitions.class_definition,
    ast.TypeAlias: definitions.type_alias,
    ast.TypeVar: definitions.type_variable,
    ast.TypeVarTuple: definitions.other_type_parameter,
    ast.ParamSpec: definitions.other_type_parameter,
    ast.AnnAssign: statements.annotated_assignment,
    ast.Try: statements.try_statement,
    ast.TryStar: statements.try_statement,
    ast.ExceptHandler: statements.except_handler,
    ast.alias: statements.imported_name,
    ast.Global: statements.global_statement,
    ast.Nonlocal: statements.nonlocal_statement,
    ast.MatchStar: statements.star_pattern,
    ast.MatchMapping: statements.mapping_pattern,
    ast.MatchAs: statements.as_pattern,
    ast.Name: expressions.name,
    ast.ListComp: expressions.comprehension,
    ast.SetComp: expressions.comprehension,
    ast.DictComp: expressions.comprehension,
    ast.GeneratorExp: expressions.comprehension,
    ast.comprehension: expressions.further_clause,
    ast.NamedExpr: expressions.named_expression,
    ast.Yield: expressions.yielding,
    ast.YieldFrom: expressions.yielding,
    ast.Await: expressions.awaiting,
}


@dataclass(frozen=True, slots=True)
class SymbolAnalysis:
    """The module's scope, complete only where `diagnostics` is empty.

    `scopes` finds the scope of a function, class, lambda, comprehension, type alias or type
    variable by its node; `type_parameter_scopes` that of a generic's parameters, by the node
    of the generic. Diagnostics are in the order in which the host would meet them.
    """

    module: Scope
    scopes: Mapping[ast.AST, Scope]
    type_parameter_scopes: Mapping[ast.AST, Scope]
    diagnostics: tuple[Diagnostic, ...]


def analyse_symbols(tree: ast.mod, *, future_annotations: bool) -> SymbolAnalysis:
    """Scopes of a module, an expression or a prompt's input.

    `future_annotations`: whether annotations are postponed (PEP 563), by the file's own
    `from __future__` or by the caller's.
    """
    collector = Collector(tree, future_annotations=future_annotations)
    walk(collector, tree, VISITORS)
    diagnostics = collector.diagnostics
    if not diagnostics:
        resolver = Resolver()
        resolver.resolve(collector.module)
        diagnostics = resolver.diagnostics
    return SymbolAnalysis(
        collector.module,
        collector.scopes,
        collector.type_parameter_scopes,
        tuple(diagnostics),
    )
