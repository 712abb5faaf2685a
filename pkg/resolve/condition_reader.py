"""Markers (PEP 508) to conditions.

What is said of `python_version` becomes cuts on the full version (pre-releases of a minor
version count as that version); names for the same thing (``platform_system`` and
``sys_platform``) become one variable where their values are known. Comparisons that are not
looked into, such as ``platform_release > '5'``, stand for themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from packaging.markers import Marker
from packaging.specifiers import Specifier
from packaging.version import Version

from dx_py.pkg.names import normalize
from dx_py.pkg.resolve.conditions import (
    ALWAYS,
    NEVER,
    Condition,
    Variable,
    any_of,
    equals,
    from_cut,
    python_cuts,
)

_TOKEN = re.compile(r"\s*(\(|\)|<=|>=|===|==|~=|!=|<|>|'[^']*'|\"[^\"]*\"|[\w.]+)")
_SPECIFIER = re.compile(r"\s*(===|==|~=|!=|<=|>=|<|>)\s*(\S+)\s*$")
_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
_CONTRARY = {
    "==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">",
    "in": "not in", "not in": "in", "~=": "", "===": "",
}  # fmt: skip
_RANKS = {"sys_platform": 1, "os_name": 2, "implementation_name": 3, "platform_machine": 4}
_RANK_OF_OTHERS = 5
_RANK_OF_COMPARISONS = 6
#: Values that name the same platforms and implementations by another variable.
_SAME = {
    ("platform_system", "Linux"): ("sys_platform", "linux"),
    ("platform_system", "Darwin"): ("sys_platform", "darwin"),
    ("platform_system", "Windows"): ("sys_platform", "win32"),
    ("platform_python_implementation", "CPython"): ("implementation_name", "cpython"),
    ("platform_python_implementation", "PyPy"): ("implementation_name", "pypy"),
}


def condition_of(marker: Marker | None, extra: str = "") -> Condition:
    """Where the marker holds, with ``extra`` (possibly empty) asked for."""
    return ALWAYS if marker is None else _read(str(marker), extra)


def python_from(version: Version) -> Condition:
    """This version of Python and later ones."""
    return from_cut((version, False))


def known_platforms() -> Condition:
    """What always holds: ``os_name`` follows from ``sys_platform``, and Windows from ``nt``."""
    windows = _equals("sys_platform", "win32")
    unix = _equals("sys_platform", "linux") | _equals("sys_platform", "darwin")
    nt, posix = _equals("os_name", "nt"), _equals("os_name", "posix")
    return ((windows & nt) | (~windows & ~nt)) & (~unix | posix)


def lowest_python(requires_python: str) -> Condition:
    """From the oldest Python on that ``Requires-Python`` allows.

    Upper bounds say what was tested, not what works. An invalid one excludes nothing.
    """
    found = ALWAYS
    for part in requires_python.split(","):
        match = _SPECIFIER.match(part)
        if match is not None and not match[1].startswith("<"):
            found &= _full_condition(match[1], match[2])
    lower = python_cuts(found)[0] if found is not NEVER else None
    return from_cut(lower) if lower is not None else ALWAYS


@lru_cache(maxsize=4096)
def _read(text: str, extra: str) -> Condition:
    return _Reader(list(_tokens(text)), extra).either()


def _tokens(text: str) -> Iterator[str]:
    position = 0
    while position < len(text.rstrip()):
        found = _TOKEN.match(text, position)
        assert found is not None, f"a parsed marker has no tokens at {text[position:]!r}"
        position = found.end()
        yield found[1]


class _Reader:
    """Recursive descent over the tokens of a marker that packaging has parsed before."""

    def __init__(self, tokens: list[str], extra: str) -> None:
        self._tokens = tokens[::-1]
        self._extra = extra

    def either(self) -> Condition:
        found = self._both()
        while self._tokens and self._tokens[-1] == "or":
            self._tokens.pop()
            found |= self._both()
        return found

    def _both(self) -> Condition:
        found = self._one()
        while self._tokens and self._tokens[-1] == "and":
            self._tokens.pop()
            found &= self._one()
        return found

    def _one(self) -> Condition:
        first = self._tokens.pop()
        if first == "(":
            found = self.either()
            self._tokens.pop()
            return found
        operator = self._tokens.pop()
        if operator == "not":
            operator = f"not {self._tokens.pop()}"
        return self._comparison(first, operator, self._tokens.pop())

    def _comparison(self, left: str, operator: str, right: str) -> Condition:
        if left[0] in "'\"":
            if operator in ("in", "not in"):
                return _comparison_itself(left, operator, right)
            left, operator, right = right, _FLIPPED.get(operator, operator), left
        value = right[1:-1]
        if left == "extra":
            return self._extra_condition(operator, value)
        return _variable_condition(left, operator, value)

    def _extra_condition(self, operator: str, value: str) -> Condition:
        holds = normalize(value) == self._extra if value else not self._extra
        return ALWAYS if holds == (operator in ("==", "===")) else NEVER


def _variable_condition(name: str, operator: str, value: str) -> Condition:
    if name in ("python_version", "python_full_version"):
        of_version = _minor_condition if name == "python_version" else _full_condition
        if operator in ("in", "not in"):
            listed = [each for each in re.split(r"[\s,|]+", value) if each]
            found = any_of([of_version("==", each) for each in listed])
            return found if operator == "in" else ~found
        return of_version(operator, value)
    if operator in ("==", "==="):
        return _equals(name, value)
    if operator == "!=":
        return ~_equals(name, value)
    return _comparison_itself(name, operator, repr(value))


def _equals(name: str, value: str) -> Condition:
    name, value = _SAME.get((name, value), (name, value))
    return equals(Variable(_RANKS.get(name, _RANK_OF_OTHERS), name), value)


def _comparison_itself(left: str, operator: str, right: str) -> Condition:
    """One variable for a comparison and its contrary."""
    contrary = _CONTRARY[operator]
    if operator in ("not in", "!=", ">=", ">"):
        return ~_comparison_itself(left, contrary, right)
    text = f"{left} {operator} {right}"
    negated = f"{left} {contrary} {right}" if contrary else f"not {text}"
    return equals(Variable(_RANK_OF_COMPARISONS, text, negated), "")


def _full_condition(operator: str, value: str) -> Condition:
    """The Python versions a specifier allows; none where it makes no sense."""
    try:
        if value.endswith(".*"):
            return _prefix(operator, Version(value[:-2]))
        version = Version(value)
        Specifier(f"{operator}{value}")
    except ValueError:
        return NEVER
    match operator:
        case "==" | "===":
            return _exactly(version)
        case "!=":
            return ~_exactly(version)
        case ">=":
            return from_cut((version, False))
        case "<":
            return ~from_cut((version, False))
        case ">":
            return from_cut((version, True))
        case "<=":
            return ~from_cut((version, True))
        case _:
            return from_cut((version, False)) - from_cut((_next(version, -2), False))


def _minor_condition(operator: str, value: str) -> Condition:
    """``python_version`` has two parts: where a third one is compared with, it rounds."""
    try:
        version = Version(value.removesuffix(".*"))
    except ValueError:
        return NEVER
    release = (*version.release, 0)[:2]
    minor = Version(".".join(map(str, release)))
    after = from_cut((_next(minor, -1), False))
    inside = from_cut((minor, False)) - after
    is_whole = version == minor
    match operator:
        case "==" | "===" | "!=":
            if len(version.release) == 1 and value.endswith(".*"):
                inside = _prefix("==", version)
            found = inside if is_whole or value.endswith(".*") else NEVER
            return found if operator != "!=" else ~found
        case ">=":
            return from_cut((minor, False)) if is_whole else after
        case "<":
            return ~from_cut((minor, False)) if is_whole else ~after
        case ">":
            return after
        case "<=":
            return ~after
        case _:
            first = from_cut((minor, False)) if is_whole else after
            return first - from_cut((_next(version, -2), False))


def _exactly(version: Version) -> Condition:
    return from_cut((version, False)) - from_cut((version, True))


def _prefix(operator: str, version: Version) -> Condition:
    found = from_cut((version, False)) - from_cut((_next(version, -1), False))
    return ~found if operator == "!=" else found


def _next(version: Version, part: int) -> Version:
    """The version with this part of its release raised: 3.9.1 by -2 gives 3.10."""
    release = list(version.release)
    kept = release[: len(release) + part + 1] or release[:1]
    kept[-1] += 1
    return Version(".".join(map(str, kept)))
