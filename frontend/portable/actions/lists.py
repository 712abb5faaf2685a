"""Lists, pairs and small values that reductions pass to each other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from dx_py.frontend.portable.tokens import Position, Span


class Mark(NamedTuple):
    """A token of a replacement field: byte offset and where it stands."""

    offset: int
    place: Position


def append[A](items: list[A], item: A) -> list[A]:
    items.append(item)
    return items


def extend[A](items: list[A], more: Iterable[A]) -> list[A]:
    items.extend(more)
    return items


def pair[A, B](first: A, second: B) -> tuple[A, B]:
    return first, second


def first[A, B](halves: tuple[A, B]) -> A:
    return halves[0]


def second[A, B](halves: tuple[A, B]) -> B:
    return halves[1]


def firsts[A, B](pairs: Iterable[tuple[A, B]]) -> list[A]:
    return [half for half, _ in pairs]


def seconds[A, B](pairs: Iterable[tuple[A, B]]) -> list[B]:
    return [half for _, half in pairs]


def add(left: int, right: int) -> int:
    return left + right


def star_name() -> str:
    return "*"


def dotted(left: str, right: str) -> str:
    return f"{left}.{right}"


def mark(offset: int, span: Span) -> Mark:
    return Mark(offset, span.start)
