"""The node table: ``python.nodes`` read into ``NodeClass`` values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).with_name("python.nodes")

FIELD_TYPES = frozenset(
    {
        "node",
        "node?",
        "nodes",
        "nodes?",
        "identifier",
        "identifier?",
        "identifiers",
        "string?",
        "int",
        "int?",
        "operator",
        "operators",
        "constant",
    }
)

Version = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Field:
    """One field; ``since`` is the Python whose ``ast`` first has it, (3, 0) for the base."""

    name: str
    type: str
    since: Version


@dataclass(frozen=True, slots=True)
class NodeClass:
    name: str
    fields: tuple[Field, ...]
    has_position: bool
    since: Version


BASE: Version = (3, 0)


def read_nodes(text: str) -> tuple[NodeClass, ...]:
    """Classes in the order of their numbers."""
    lines = (line.split() for line in text.splitlines())
    return tuple(_node_class(words) for words in lines if words and words[0] != "#")


def _node_class(words: list[str]) -> NodeClass:
    name, rest = words[0], words[1:]
    has_position = rest[:1] == ["@"]
    rest = rest[has_position:]
    class_since = _version(rest[1]) if rest[:1] == ["since"] else BASE
    return NodeClass(name, _fields(rest), has_position, class_since)


def _fields(words: list[str]) -> tuple[Field, ...]:
    fields = []
    since = BASE
    items = iter(words)
    for word in items:
        if word == "since":
            since = _version(next(items))
            continue
        name, type_ = word.split(":")
        if type_ not in FIELD_TYPES:
            raise ValueError(f"unknown field type '{type_}' (known: {sorted(FIELD_TYPES)})")
        fields.append(Field(name, type_, since))
    return tuple(fields)


def _version(text: str) -> Version:
    major, minor = text.split(".")
    return int(major), int(minor)
