"""The entry: a tree, its scopes and the options to the code-level IR of a module."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from dx_py.frontend.lowering import (
    calls,
    classes,
    closures,
    comprehensions,
    conditions,
    displays,
    exceptions,
    expressions,
    functions,
    imports,
    loops,
    names,
    patterns,
    statements,
    type_parameters,
    with_statements,
)
from dx_py.frontend.lowering.reporting import Announcer
from dx_py.frontend.lowering.unit import Program, Unit, UnitKind, Visitor
from dx_py.frontend.symbols.analysis import SymbolAnalysis
from dx_py.ir.code_unit import NO_SPAN, CodeUnit

VISITORS: dict[type[ast.AST], Visitor] = {
    ast.FunctionDef: functions.function,
    ast.AsyncFunctionDef: functions.function,
    ast.Lambda: functions.function_literal,
    ast.ClassDef: classes.class_definition,
    ast.TypeAlias: type_parameters.type_alias,
    ast.TypeVar: type_parameters.type_variable,
    ast.TypeVarTuple: type_parameters.other_type_parameter,
    ast.ParamSpec: type_parameters.other_type_parameter,
    ast.Expr: statements.expression_statement,
    ast.Pass: statements.pass_statement,
    ast.Global: statements.declaration,
    ast.Nonlocal: statements.declaration,
    ast.Assign: statements.assignment,
    ast.AugAssign: statements.augmented_assignment,
    ast.AnnAssign: statements.annotated_assignment,
    ast.Delete: statements.delete,
    ast.Return: statements.return_statement,
    ast.Break: statements.break_statement,
    ast.Continue: statements.continue_statement,
    ast.Raise: statements.raise_statement,
    ast.Assert: statements.assert_statement,
    ast.Import: imports.import_statement,
    ast.ImportFrom: imports.from_import_statement,
    ast.If: loops.if_statement,
    ast.While: loops.while_statement,
    ast.For: loops.for_statement,
    ast.AsyncFor: loops.async_for_statement,
    ast.With: with_statements.with_statement,
    ast.AsyncWith: with_statements.with_statement,
    ast.Try: exceptions.try_statement,
    ast.TryStar: exceptions.try_statement,
    ast.Match: patterns.match_statement,
    ast.ListComp: comprehensions.comprehension,
    ast.SetComp: comprehensions.comprehension,
    ast.DictComp: comprehensions.comprehension,
    ast.GeneratorExp: comprehensions.comprehension,
    ast.Constant: expressions.constant,
    ast.Name: names.name,
    ast.Attribute: expressions.attribute,
    ast.Subscript: expressions.subscript,
    ast.Slice: expressions.slice_expression,
    ast.Starred: expressions.starred,
    ast.BinOp: expressions.binary_operation,
    ast.UnaryOp: expressions.unary_operation,
    ast.NamedExpr: expressions.named_expression,
    ast.JoinedStr: expressions.joined_string,
    ast.FormattedValue: expressions.formatted_value,
    ast.Yield: expressions.yield_value,
    ast.YieldFrom: expressions.yield_from,
    ast.Await: expressions.await_value,
    ast.Call: calls.call,
    ast.Tuple: displays.tuple_display,
    ast.List: displays.list_display,
    ast.Set: displays.set_display,
    ast.Dict: displays.dict_display,
    ast.Compare: conditions.comparison,
    ast.BoolOp: conditions.boolean_operation,
    ast.IfExp: conditions.conditional,
}


# What the checks warn about.
_ANNOUNCED = (ast.Assert, ast.Call, ast.Compare, ast.Subscript)


@dataclass(frozen=True, slots=True)
class LoweringOptions:
    """``optimize`` is 0, 1 or 2 as for ``compile``; ``flags`` are the features asked for;
    ``announcer`` knows the warnings, if there are any."""

    optimize: int = 0
    flags: int = 0
    future_annotations: bool = False
    top_level_await: bool = False
    announcer: Announcer | None = None


def lower(tree: ast.mod, symbols: SymbolAnalysis, options: LoweringOptions) -> CodeUnit:
    """The module's unit, nested units among its constants.

    The tree is one that the checks of `dx_py.frontend.semantics` pass, optimised or not.
    """
    visitors = VISITORS
    if options.announcer is not None:
        visitors = VISITORS | {kind: _announcing(VISITORS[kind]) for kind in _ANNOUNCED}
    program = Program(
        visitors,
        symbols,
        options.optimize,
        options.flags,
        options.future_annotations,
        isinstance(tree, ast.Interactive),
        options.top_level_await,
        options.announcer,
    )
    code = CodeUnit("<module>", "<module>", 1)
    unit = Unit(program, UnitKind.MODULE, symbols.module, code, None)
    unit.emit("RESUME", 0, (0, 1, 0, 0))
    match tree:
        case ast.Module():
            classes.body(unit, tree.body, NO_SPAN)
            closures.return_none(unit)
        case ast.Interactive():
            if classes.annotates(tree.body):
                unit.emit("SETUP_ANNOTATIONS", 0, (1, 1, 0, 0))
            unit.visit_all(tree.body)
            closures.return_none(unit)
        case ast.Expression():
            unit.visit(tree.body)
            unit.emit("RETURN_VALUE", 0, NO_SPAN)
    return unit.finish()


def _announcing(visitor: Visitor) -> Visitor:
    def announce(unit: Unit, node: ast.AST) -> None:
        unit.announce(node)
        visitor(unit, node)

    return announce
