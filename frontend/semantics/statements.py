"""Checks of statements: blocks, jumps, imports and bindings."""

from __future__ import annotations

import ast

from dx_py.frontend.semantics.checker import Block, Checker, UnitKind
from dx_py.frontend.semantics.future import is_future_import
from dx_py.frontend.semantics.literals import constant_type
from dx_py.frontend.symbols.walk import Visits

type Loop = ast.For | ast.AsyncFor
type With = ast.With | ast.AsyncWith
type AnyTry = ast.Try | ast.TryStar


def return_statement(checker: Checker, node: ast.Return) -> Visits:
    unit = checker.unit
    if not unit.kind.is_function_like:
        checker.report("'return' outside function", node)
    elif node.value is not None and unit.scope.is_coroutine and unit.scope.is_generator:
        checker.report("'return' with value in async generator", node)
    elif Block.EXCEPT_STAR in unit.blocks:
        _report_jump(checker, _returned_place(node))
    if node.value is not None:
        yield node.value


def break_statement(checker: Checker, node: ast.Break) -> Visits:
    _check_jump(checker, node, "'break' outside loop")
    return ()


def continue_statement(checker: Checker, node: ast.Continue) -> Visits:
    _check_jump(checker, node, "'continue' not properly in loop")
    return ()


def _check_jump(checker: Checker, node: ast.Break | ast.Continue, message: str) -> None:
    for block in reversed(checker.unit.blocks):
        if block is Block.LOOP:
            return
        if block is Block.EXCEPT_STAR:
            _report_jump(checker, node)
            return
    checker.report(message, node)


def _returned_place(node: ast.Return) -> ast.stmt | ast.expr:
    """The host points at a constant, where one is returned on the statement's line."""
    value = node.value
    if value is None or constant_type(value) is None or value.lineno != node.lineno:
        return node
    return value


def _report_jump(checker: Checker, node: ast.stmt | ast.expr) -> None:
    words = "'break', 'continue' and 'return' cannot appear in an except* block"
    checker.report(words, node)


def while_statement(checker: Checker, node: ast.While) -> Visits:
    with checker.inside(Block.LOOP, node):
        yield node.test
        yield from node.body
    yield from node.orelse


def for_statement(checker: Checker, node: Loop) -> Visits:
    if isinstance(node, ast.AsyncFor):
        _check_async(checker, node, "for")
    with checker.inside(Block.LOOP, node):
        yield node.iter
        yield node.target
        yield from node.body
    yield from node.orelse


def _check_async(checker: Checker, node: ast.AsyncFor | ast.AsyncWith, word: str) -> None:
    if checker.unit.kind is not UnitKind.ASYNC_FUNCTION and not checker.awaits_at_top:
        checker.report(f"'async {word}' outside async function", node)


def with_statement(checker: Checker, node: With) -> Visits:
    if isinstance(node, ast.AsyncWith):
        _check_async(checker, node, "with")
    yield from _with_items(checker, node, 0)


def _with_items(checker: Checker, node: With, index: int) -> Visits:
    """Each item opens a block around the next; there are at most MAX_BLOCKS."""
    if index == len(node.items):
        yield from node.body
        return
    item = node.items[index]
    yield item.context_expr
    with checker.inside(Block.OTHER, node):
        if item.optional_vars is not None:
            yield item.optional_vars
        yield from _with_items(checker, node, index + 1)


def try_statement(checker: Checker, node: AnyTry) -> Visits:
    if not node.finalbody:
        yield from _try_except(checker, node)
        return
    with checker.inside(Block.OTHER, node):
        yield from _try_except(checker, node) if node.handlers else node.body
    with checker.inside(Block.OTHER, node):
        yield from node.finalbody


def _try_except(checker: Checker, node: AnyTry) -> Visits:
    with checker.inside(Block.OTHER, node):
        yield from node.body
    yield from node.orelse
    star = isinstance(node, ast.TryStar)
    with checker.inside(Block.EXCEPT_STAR if star else Block.OTHER, node):
        for index, handler in enumerate(node.handlers, start=1):
            if handler.type is None and index < len(node.handlers):
                checker.report("default 'except:' must be last", handler)
            yield handler


def except_handler(checker: Checker, node: ast.ExceptHandler) -> Visits:
    if node.type is not None:
        yield node.type
    checker.check_binding(node.name, node)
    with checker.inside(Block.OTHER, node):
        yield from node.body


def import_statement(checker: Checker, node: ast.Import) -> Visits:
    for alias in node.names:
        checker.check_binding(alias.asname or alias.name.partition(".")[0], node)
    return ()


def from_import_statement(checker: Checker, node: ast.ImportFrom) -> Visits:
    if is_future_import(node) and node not in checker.future.statements:
        message = "from __future__ imports must occur at the beginning of the file"
        checker.report(message, node)
    for alias in node.names:
        checker.check_binding(alias.asname or alias.name, node)
    return ()


def augmented_assignment(checker: Checker, node: ast.AugAssign) -> Visits:
    """The target is no store of its own: it is read, then written."""
    match node.target:
        case ast.Name(id=name):
            yield node.value
            checker.check_binding(name, node.target)
        case ast.Attribute(value=value):
            yield value
            yield node.value
        case ast.Subscript(value=value, slice=index):
            yield value
            yield index
            yield node.value


def annotated_assignment(checker: Checker, node: ast.AnnAssign) -> Visits:
    target = node.target
    if node.value is not None:
        yield node.value
        yield target
    if isinstance(target, ast.Name):
        checker.check_binding(target.id, node)
    elif isinstance(target, ast.Attribute):
        checker.check_binding(target.attr, node)
    if node.value is None and not isinstance(target, ast.Name):
        yield target.value
        if isinstance(target, ast.Subscript):
            yield target.slice
    evaluated = checker.unit.kind in (UnitKind.MODULE, UnitKind.CLASS)
    if evaluated and not checker.options.future_annotations:
        yield node.annotation


def assignment(checker: Checker, node: ast.Assign) -> Visits:
    yield node.value
    yield from node.targets


def _is_filled_tuple(node: ast.expr) -> bool:
    """Folded or not."""
    if isinstance(node, ast.Constant):
        value: object = node.value
        return isinstance(value, tuple) and value != ()
    return isinstance(node, ast.Tuple) and bool(node.elts)


def assert_statement(checker: Checker, node: ast.Assert) -> Visits:
    if _is_filled_tuple(node.test):
        checker.warn("assertion is always true, perhaps remove parentheses?", node, node)
    if checker.options.optimize:
        return
    yield node.test
    if node.msg is not None:
        yield node.msg
