"""Conditions as markers (PEP 508): the shortest "or" of "and"s that was found.

Each path of the diagram to `ALWAYS` is a conjunction. Then every comparison is dropped
without which the same environments remain among those that matter at all, and every
conjunction that the others cover.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce

from packaging.version import Version

from dx_py.pkg.resolve.conditions import (
    ALWAYS,
    NEVER,
    PYTHON,
    Condition,
    Cut,
    any_of,
    equals,
    from_cut,
)


@dataclass(frozen=True, slots=True, order=True)
class _Literal:
    """One comparison, and where it holds."""

    text: str
    condition: Condition


_Term = list[_Literal]


def condition_text(condition: Condition, known: Condition = ALWAYS) -> str:
    """A marker that among what is ``known`` holds where ``condition`` does; empty: always.

    ``condition`` must be possible under ``known``.
    """
    wanted = condition & known
    terms = [_shortened(term, condition, known) for term in _terms(condition)]
    terms = _needed(
        _unique(term for term in terms if _where(term) & known is not NEVER), wanted
    )
    texts = sorted(" and ".join(sorted(each.text for each in term)) for term in terms)
    if "" in texts:
        return ""
    if len(texts) == 1:
        return texts[0]
    return " or ".join(f"({text})" if " and " in text else text for text in texts)


def _where(term: _Term) -> Condition:
    return reduce(Condition.__and__, (each.condition for each in term), ALWAYS)


def _shortened(term: _Term, condition: Condition, known: Condition) -> _Term:
    """Without the comparisons that make no difference, the last of them first."""
    kept = list(term)
    for literal in reversed(term):
        without = [each for each in kept if each is not literal]
        if (_where(without) & known) - condition is NEVER:
            kept = without
    return kept


def _unique(terms: Iterator[_Term]) -> list[_Term]:
    found = {tuple(sorted(each.text for each in term)): term for term in terms}
    return list(found.values())


def _needed(terms: list[_Term], wanted: Condition) -> list[_Term]:
    """Without those that the others cover, the longest of them first."""
    kept = list(terms)
    for term in sorted(terms, key=len, reverse=True):
        others = [each for each in kept if each is not term]
        if others and wanted - any_of([_where(each) for each in others]) is NEVER:
            kept = others
    return kept


def _terms(condition: Condition) -> Iterator[_Term]:
    if condition is NEVER:
        return
    if condition is ALWAYS:
        yield []
        return
    for child in dict.fromkeys(condition.children):
        for start in _alternatives(condition, child):
            for rest in _terms(child):
                yield [*start, *rest]


def _alternatives(condition: Condition, child: Condition) -> Iterator[_Term]:
    """The ways in which the variable of ``condition`` leads to ``child``."""
    if condition.variable == PYTHON:
        yield from _python_alternatives(condition, child)
        return
    variable = condition.variable
    if child is condition.children[-1]:
        others = zip(condition.keys, condition.children, strict=False)
        yield [_differs(condition, key) for key, other in others if other is not child]
        return
    for key, other in zip(condition.keys, condition.children, strict=False):
        if other is child:
            text = variable.name if variable.negated else f"{variable.name} == {key!r}"
            yield [_Literal(text, equals(variable, key))]


def _differs(condition: Condition, key: str) -> _Literal:
    variable = condition.variable
    text = variable.negated or f"{variable.name} != {key!r}"
    return _Literal(text, ~equals(variable, key))


def _python_alternatives(condition: Condition, child: Condition) -> Iterator[_Term]:
    bounds = (None, *condition.keys, None)
    spans: list[tuple[Cut | None, Cut | None]] = []
    for index, other in enumerate(condition.children):
        if other is child:
            spans.append((bounds[index], bounds[index + 1]))
    for lower, upper in spans:
        yield _span(lower, upper)


def _span(lower: Cut | None, upper: Cut | None) -> _Term:
    if lower is not None and upper is not None:
        inside = from_cut(lower) - from_cut(upper)
        if lower[0] == upper[0]:
            return [_Literal(f"python_full_version == '{lower[0]}'", inside)]
        if _is_minor(lower) and upper == (_after(lower[0]), False):
            return [_Literal(f"python_version == '{_minor(lower[0])}'", inside)]
    term = []
    if lower is not None:
        term.append(_Literal(_bound(lower, ">=", ">"), from_cut(lower)))
    if upper is not None:
        term.append(_Literal(_bound(upper, "<", "<="), ~from_cut(upper)))
    return term


def _bound(cut: Cut, before: str, after: str) -> str:
    version, is_after = cut
    if is_after:
        return f"python_full_version {after} '{version}'"
    if _is_minor(cut):
        return f"python_version {before} '{_minor(version)}'"
    return f"python_full_version {before} '{version}'"


def _is_minor(cut: Cut) -> bool:
    """Whether a cut lies before a minor version, so that ``python_version`` can say it."""
    version, is_after = cut
    return not is_after and version == Version(_minor(version))


def _minor(version: Version) -> str:
    return f"{version.major}.{version.minor}"


def _after(version: Version) -> Version:
    return Version(f"{version.major}.{version.minor + 1}")
