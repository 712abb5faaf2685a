"""How statements and patterns bind names."""

from __future__ import annotations

import ast

from dx_py.frontend.symbols.annotations import annotation
from dx_py.frontend.symbols.collector import Collector
from dx_py.frontend.symbols.scope import ScopeKind, Use
from dx_py.frontend.symbols.walk import Visits


def annotated_assignment(collector: Collector, node: ast.AnnAssign) -> Visits:
    if isinstance(node.target, ast.Name):
        _annotate_name(collector, node, node.target)
    else:
        yield node.target
    yield from annotation(collector, node.annotation)
    if node.value is not None:
        yield node.value


def _annotate_name(collector: Collector, node: ast.AnnAssign, target: ast.Name) -> None:
    declared = collector.uses(target.id) & (Use.GLOBAL | Use.NONLOCAL)
    if node.simple:
        if declared and collector.scope is not collector.module:
            word = "global" if declared & Use.GLOBAL else "nonlocal"
            collector.report(f"annotated name '{target.id}' can't be {word}", node)
        collector.add(target.id, Use.ANNOTATED | Use.LOCAL, target)
    elif node.value is not None:
        collector.add(target.id, Use.LOCAL, target)


def try_statement(collector: Collector, node: ast.Try | ast.TryStar) -> Visits:
    yield from node.body
    yield from node.orelse
    yield from node.handlers
    yield from node.finalbody


def except_handler(collector: Collector, node: ast.ExceptHandler) -> Visits:
    if node.type is not None:
        yield node.type
    if node.name is not None:
        collector.add(node.name, Use.LOCAL, node)
    yield from node.body


def imported_name(collector: Collector, node: ast.alias) -> Visits:
    name = node.name.partition(".")[0] if node.asname is None else node.asname
    if name != "*":
        collector.add(name, Use.IMPORT, node)
    elif collector.scope.kind is not ScopeKind.MODULE:
        collector.report("import * only allowed at module level", node)
    return ()


def global_statement(collector: Collector, node: ast.Global) -> Visits:
    for name in node.names:
        _declare(collector, node, name, Use.GLOBAL)
    return ()


def nonlocal_statement(collector: Collector, node: ast.Nonlocal) -> Visits:
    for name in node.names:
        _declare(collector, node, name, Use.NONLOCAL)
    return ()


def _declare(
    collector: Collector, node: ast.Global | ast.Nonlocal, name: str, use: Use
) -> None:
    word = "global" if use is Use.GLOBAL else "nonlocal"
    problem = _declared_too_late(collector.uses(name), name, word)
    if problem:
        collector.report(problem, node)
    collector.add(name, use, node)
    collector.direct(name, node)


def _declared_too_late(before: Use, name: str, word: str) -> str | None:
    if before & Use.PARAMETER:
        return f"name '{name}' is parameter and {word}"
    if before & Use.READ:
        return f"name '{name}' is used prior to {word} declaration"
    if before & Use.ANNOTATED:
        return f"annotated name '{name}' can't be {word}"
    if before & Use.LOCAL:
        return f"name '{name}' is assigned to before {word} declaration"
    return None


def star_pattern(collector: Collector, node: ast.MatchStar) -> Visits:
    if node.name is not None:
        collector.add(node.name, Use.LOCAL, node)
    return ()


def mapping_pattern(collector: Collector, node: ast.MatchMapping) -> Visits:
    yield from node.keys
    yield from node.patterns
    if node.rest is not None:
        collector.add(node.rest, Use.LOCAL, node)


def as_pattern(collector: Collector, node: ast.MatchAs) -> Visits:
    if node.pattern is not None:
        yield node.pattern
    if node.name is not None:
        collector.add(node.name, Use.LOCAL, node)
