"""Annotations: evaluated, or kept as text under `from __future__ import annotations`."""

from __future__ import annotations

import ast

from dx_py.frontend.lowering.annotation_text import annotation_text
from dx_py.frontend.lowering.unit import Unit, span_of
from dx_py.frontend.symbols.mangling import mangle
from dx_py.ir.code_unit import Span


def annotation(unit: Unit, node: ast.expr) -> None:
    if unit.program.future_annotations:
        unit.load_constant(annotation_text(node), span_of(node))
    else:
        unit.visit(node)


def signature_annotations(
    unit: Unit, arguments: ast.arguments, returns: ast.expr | None, span: Span
) -> bool:
    """Push a tuple of names and annotations, by turns; False if there are none."""
    vararg = [arguments.vararg] if arguments.vararg is not None else []
    kwarg = [arguments.kwarg] if arguments.kwarg is not None else []
    groups = (arguments.args, arguments.posonlyargs, vararg, arguments.kwonlyargs, kwarg)
    count = 0
    for group in groups:
        for argument in group:
            if argument.annotation is not None:
                _argument_annotation(unit, argument.arg, argument.annotation, span)
                count += 2
    if returns is not None:
        _argument_annotation(unit, "return", returns, span)
        count += 2
    if count:
        unit.emit("BUILD_TUPLE", count, span)
    return bool(count)


def _argument_annotation(unit: Unit, name: str, node: ast.expr, span: Span) -> None:
    unit.load_constant(mangle(name, unit.class_name), span)
    if isinstance(node, ast.Starred) and not unit.program.future_annotations:
        # `*args: *Ts` is annotated with the one item of what is unpacked.
        unit.visit(node.value)
        unit.emit("UNPACK_SEQUENCE", 1, span)
    else:
        annotation(unit, node)
