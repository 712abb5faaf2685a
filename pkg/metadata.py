"""Core metadata (PEP 566, 643, 685): the fields that resolving and showing need.

Own reader of the header block instead of ``email``: a solve reads hundreds of them, and
``email`` costs a millisecond each. Folded lines and repeated fields are handled; the body is
left alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from dx_py.pkg.errors import MetadataError

_LIMIT = 16 << 20


@dataclass(frozen=True, slots=True)
class Metadata:
    """``fields`` has every header by lower-case name, in order."""

    name: str = ""
    version: str = ""
    requires_python: str = ""
    requires_dist: tuple[str, ...] = ()
    provides_extra: tuple[str, ...] = ()
    dynamic: tuple[str, ...] = ()
    metadata_version: str = ""
    fields: dict[str, list[str]] = field(default_factory=dict, repr=False, compare=False)

    def first(self, name: str) -> str:
        return self.fields.get(name, [""])[0]

    def to_row(self) -> list[Any]:
        return [
            self.name, self.version, self.requires_python, list(self.requires_dist),
            list(self.provides_extra), list(self.dynamic), self.metadata_version,
        ]  # fmt: skip

    @staticmethod
    def from_row(row: list[Any]) -> Metadata:
        name, version, requires_python, requires, extras, dynamic, form = row
        return Metadata(
            name, version, requires_python, tuple(requires), tuple(extras), tuple(dynamic), form
        )


def parse_metadata(data: bytes, *, origin: str = "") -> Metadata:
    """Raises MetadataError for metadata longer than 16 MB."""
    if len(data) > _LIMIT:
        raise MetadataError(f"the metadata of {origin or 'a distribution'} is over 16 MB")
    fields = _headers(data.decode("utf-8", "replace"))
    return Metadata(
        name=_first(fields, "name"),
        version=_first(fields, "version"),
        requires_python=_first(fields, "requires-python"),
        requires_dist=tuple(fields.get("requires-dist", ())),
        provides_extra=tuple(fields.get("provides-extra", ())),
        dynamic=tuple(value.lower() for value in fields.get("dynamic", ())),
        metadata_version=_first(fields, "metadata-version"),
        fields=fields,
    )


def _first(fields: dict[str, list[str]], name: str) -> str:
    return fields[name][0] if name in fields else ""


def _headers(text: str) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    last: list[str] | None = None
    for line in text.split("\n"):
        stripped = line.rstrip("\r")
        if not stripped:
            break
        if stripped[0] in " \t":
            if last:
                last[-1] += "\n" + stripped.strip(" \t|")
            continue
        name, colon, value = stripped.partition(":")
        if colon:
            last = fields.setdefault(name.strip().lower(), [])
            last.append(value.strip())
    return fields
