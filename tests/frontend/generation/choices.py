"""Random choices of the program generator, and what a place in a program allows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hypothesis import strategies as st


@dataclass(frozen=True, slots=True)
class Place:
    """What may stand here without breaking a rule that the grammar does not state."""

    function: bool = False
    is_async: bool = False
    yields: bool = False  # the function is a generator, so `yield` may stand here
    returns: bool = False  # `return` may stand here (not under `except*`)
    loop: bool = False
    class_body: bool = False
    walrus: bool = True
    enclosing_names: tuple[str, ...] = ()  # what `nonlocal` may name in a nested function


class Choices:
    """Draws from hypothesis, with a budget that makes every program finite."""

    def __init__(self, draw: st.DrawFn, fuel: int) -> None:
        self._draw = draw
        self._fuel = fuel
        self._counter = 0

    def number(self, low: int, high: int) -> int:
        return self._draw(st.integers(low, high))

    def flag(self) -> bool:
        return self._draw(st.booleans())

    def one_of[T](self, options: Sequence[T]) -> T:
        return options[self.number(0, len(options) - 1)]

    def draw[T](self, strategy: st.SearchStrategy[T]) -> T:
        return self._draw(strategy)

    def several[T](self, make: Callable[[], T], low: int, high: int) -> list[T]:
        return [make() for _ in range(self.number(low, high))]

    def maybe[T](self, make: Callable[[], T]) -> T | None:
        return make() if self.flag() else None

    def burn(self) -> bool:
        """Whether there is fuel left for something that nests."""
        self._fuel -= 1
        return self._fuel > 0

    def fresh(self, prefix: str) -> str:
        """A name that nothing else in the program binds."""
        self._counter += 1
        return f"{prefix}{self._counter}"
