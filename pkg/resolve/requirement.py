"""Requirements (PEP 508) with their origin, split so that each names one package identifier.

``foo[a,b]>=1`` from a line becomes three requirements: on ``foo``, ``foo[a]`` and
``foo[b]``. An extra is a package of its own whose candidates depend on exactly their own
version of ``foo``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as Parsed
from packaging.specifiers import SpecifierSet

from dx_py.pkg.errors import MetadataError, UsageError
from dx_py.pkg.names import NormalizedName, normalize
from dx_py.pkg.resolve.conditions import ALWAYS, Condition

#: Python converts no more digits to a number.
_LONGEST_VERSION = 4000
_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_NUMBER = r"[0-9]{1,9}(?:\.[0-9]{1,9}){0,9}"
_BOUND = rf"(?:==|!=|>=|<=|>|<)\s*{_NUMBER}"
#: A requirement whose validity is beyond doubt, and whose marker ends with an extra.
_OF_EXTRA = re.compile(
    rf"{_NAME}\s*(?:\[{_NAME}(?:\s*,\s*{_NAME})*\]\s*)?"
    rf"(?:\({_BOUND}(?:\s*,\s*{_BOUND})*\)|{_BOUND}(?:\s*,\s*{_BOUND})*)?\s*;\s*"
    rf"(?:python_version\s*(?:==|!=|>=|<=|>|<)\s*['\"]{_NUMBER}['\"]\s+and\s+)?"
    rf"extra\s*==\s*(?:'({_NAME})'|\"({_NAME})\")\s*"
)


@dataclass(frozen=True, slots=True)
class Requirement:
    """``extra`` is empty for the package itself; ``url`` is empty unless it is direct.

    ``origin`` says where the user wrote it ("line 3 of requirements.txt") and is empty for
    what a candidate's metadata says. ``text`` is as written. ``condition`` says in which
    of the environments that are resolved for it counts.
    """

    name: NormalizedName
    extra: NormalizedName
    specifier: SpecifierSet
    url: str
    text: str = field(compare=False)
    origin: str = field(default="", compare=False)
    condition: Condition = field(default=ALWAYS, compare=False, repr=False)

    @property
    def identifier(self) -> str:
        return f"{self.name}[{self.extra}]" if self.extra else self.name

    def __str__(self) -> str:
        return self.text


@lru_cache(maxsize=8192)
def parse(text: str) -> Parsed:
    """Raises packaging's InvalidRequirement."""
    found = Parsed(text)
    if any(len(each.version) > _LONGEST_VERSION for each in found.specifier):
        raise InvalidRequirement("a version in it is too long to be compared")
    return found


def from_user(text: str, origin: str) -> Parsed:
    """A requirement the user wrote; raises UsageError that names its place."""
    try:
        return parse(text)
    except InvalidRequirement as error:
        reason = str(error).splitlines()[0]
        raise UsageError(
            f"{origin}: {text!r} is no requirement: {reason}",
            hint=_suggestion(text),
        ) from None


def _suggestion(text: str) -> str:
    if "=" in text and not any(op in text for op in ("==", ">=", "<=", "~=", "!=")):
        return f"to pin a version write {text.replace('=', '==')!r}"
    if "/" in text or "\\" in text:
        return "for a folder or a file write ./PATH, and make sure that it is there"
    return "write a name, then extras in [], then versions, such as 'flask[async]>=3,<4'"


def from_metadata(text: str, owner: str) -> Parsed:
    """A ``Requires-Dist``; raises MetadataError that names whose it is."""
    try:
        return parse(text)
    except InvalidRequirement as error:
        reason = str(error).splitlines()[0]
        raise MetadataError(f"{owner} requires {text!r}, which is invalid: {reason}") from None


def needs_another_extra(text: str, extra: str) -> bool:
    """Whether a ``Requires-Dist`` surely counts for another extra only.

    Most do, and this is a tenth of the work of `from_metadata`; False says nothing.
    """
    found = _OF_EXTRA.fullmatch(text)
    return found is not None and normalize(found[1] or found[2]) != extra


def exact_version(specifier: SpecifierSet) -> str:
    """The version that a specifier pins, as it is written, or nothing."""
    if len(specifier) != 1:
        return ""
    (only,) = specifier
    return only.version if only.operator == "==" and "*" not in only.version else ""


def applies(parsed: Parsed, environment: Mapping[str, str], extra: str = "") -> bool:
    """Whether the marker holds, with ``extra`` (possibly empty) asked for."""
    marker = parsed.marker
    if marker is None:
        return True
    return marker.evaluate({**environment, "extra": extra})


def split(
    parsed: Parsed, *, text: str = "", origin: str = "", condition: Condition = ALWAYS
) -> list[Requirement]:
    """One requirement for the package and one for each extra."""
    name = normalize(parsed.name)
    shown = text or _without_marker(parsed)
    extras = sorted({normalize(extra) for extra in parsed.extras})
    return [
        Requirement(
            name,
            NormalizedName(extra),
            parsed.specifier,
            parsed.url or "",
            shown,
            origin,
            condition,
        )
        for extra in ("", *extras)
    ]


def _without_marker(parsed: Parsed) -> str:
    extras = f"[{','.join(sorted(parsed.extras))}]" if parsed.extras else ""
    if parsed.url:
        from dx_py.pkg.index.credentials import redact

        return f"{parsed.name}{extras} @ {redact(parsed.url)}"
    return f"{parsed.name}{extras}{parsed.specifier}"
